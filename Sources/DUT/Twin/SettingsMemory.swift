import Ports

/// What survives without supply: settings, name, counters.
///
/// - Source: BLE protocol notes sections 3.5, 5.1 and 6; which register takes a password is our assumption; range check
///   by manual section 2. That a value out of range is acknowledged and not stored is our assumption; the older manuals
///   do not say.
struct SettingsMemory {
  /// Seconds in whose steps the running time is saved (seen on ZH-2.1.1).
  static let runtimeStep = 600.0

  private(set) var settings: StoredSettings
  private(set) var name: String
  private(set) var password: String
  private(set) var powerOnCount: Int
  private var savedRuntime: Double
  private let parameters: UnitParameters

  init(parameters: UnitParameters) {
    self.parameters = parameters
    settings = parameters.factorySettings
    name = parameters.identity.name
    password = parameters.identity.password
    powerOnCount = parameters.identity.powerOnCount
    savedRuntime = parameters.identity.runtime
  }

  func runtime(uptime: Interval) -> Int {
    let steps = (uptime.seconds / Self.runtimeStep).rounded(.down)
    return Int(savedRuntime + steps * Self.runtimeStep)
  }

  mutating func powerUp() {
    powerOnCount += 1
    guard !parameters.firmware.persistent else { return }
    settings = parameters.factorySettings
    name = parameters.identity.name
    password = parameters.identity.password
  }

  /// The link ended.
  mutating func linkEnded() {
    if parameters.memory.passwordChange == .forgotten { password = parameters.identity.password }
  }

  mutating func powerDown(uptime: Interval) { savedRuntime = Double(runtime(uptime: uptime)) }

  /// Takes a register write as the firmware would.
  /// - Returns: False for a register the unit does not know or a value outside its range; nothing is stored then.
  mutating func write(_ request: Request) -> Bool {
    if request.command == Command.writeLegacy.rawValue, request.register == 0x13 {
      let text = request.textValue
      guard !text.isEmpty else { return false }
      name = text
      return true
    }
    if request.command == Command.writeLegacy.rawValue,
      Int(request.register) == parameters.memory.passwordRegister
    {
      return writePassword(request.textValue)
    }
    guard let field = StoredSettingField.written(command: request.command, register: request.register) else {
      return false
    }
    let value =
      switch field.register.encoding {
      case .float: Double(request.floatValue)
      case .unsigned(let scale): Double(request.integerValue) * scale
      }
    guard value.isFinite, allows(value, for: field) else { return false }
    if field == .batteryType, !parameters.memory.typeSelection { return false }
    settings[field] = stored(value, in: field)
    return true
  }

  /// What a memory of coarse steps makes of a value.
  private func stored(_ value: Double, in field: StoredSettingField) -> Double {
    let step =
      switch field.dimension {
      case .voltage: parameters.memory.voltageStep
      case .current: parameters.memory.currentStep
      default: 0.0
      }
    return step > 0 ? (value / step).rounded() * step : value
  }

  private mutating func writePassword(_ text: String) -> Bool {
    guard text.utf8.count == DeviceInfo.passwordRange.count, parameters.memory.passwordChange != .ignored
    else {
      return false
    }
    password = text
    return true
  }

  /// Switches and modes have no ends that could be refused.
  private func hasRange(_ field: StoredSettingField) -> Bool {
    field == .cellCount || [.voltage, .current, .temperature].contains(field.dimension)
  }

  /// The limits themselves are stored in single precision, so a value may miss them by its last bit.
  private func allows(_ value: Double, for field: StoredSettingField) -> Bool {
    // What the settings frame can carry is stored by a unit that checks nothing.
    if !parameters.memory.rangeCheck, [.voltage, .current, .temperature].contains(field.dimension) {
      return true
    }
    let chemistry = UnitChemistry.allCases.first { Double($0.code) == settings[.batteryType] }
    let range = field.range(
      rating: parameters.memory.currentClass ?? parameters.rating,
      chemistry: chemistry ?? parameters.chemistry)
    let slack = max(range.lowerBound.magnitude, range.upperBound.magnitude) * 1e-7
    if parameters.memory.refusesEnds, hasRange(field) {
      return value > range.lowerBound + slack && value < range.upperBound - slack
    }
    return value >= range.lowerBound - slack && value <= range.upperBound + slack
  }
}
