import Quantities

/// What a user of the unit may write, what the factory stores, and what can make a battery unsafe.
extension NamedSetting {
  /// A wrong value can let a battery be overcharged, over-discharged or overheated: every protection, and what the
  /// protections rest on. Changing it asks for a confirmation.
  public var concernsSafety: Bool {
    register.command == .writeProtection || register == .cellCount || register == .batteryType
  }

  /// What may be written, in base units: the manual's range where it prints one, the unit's measuring range for cell
  /// thresholds (one beyond it would switch the protection off), otherwise what the register takes.
  ///
  /// - Parameter model: As the unit tells it, e.g. `EK-B24S8E200A`; its rating cuts the current limits (manual
  ///   section 2: 15 … 200, 250 or 300 A). Empty or unknown: the widest of the family.
  public func allowed(model: String = "") -> ClosedRange<Double> {
    // Every register that the rig may write has a range.
    let range = register.manualRange ?? (Self.cellThresholds.contains(register) ? 1.5...4.5 : register.range!)
    var high = range.upperBound
    if register == .chargeOvercurrent || register == .dischargeOvercurrent,
      let rating = Self.rating(of: model)
    {
      high = min(high, rating)
    }
    return base(.float(range.lowerBound))!...base(.float(high))!
  }

  /// Where the range comes from.
  public enum RangeOrigin: String, Sendable {
    case manual = "the manual allows"
    /// Manual section 2: 1.5 … 4.5 V per cell.
    case measuring = "the unit measures"
    case register = "the unit's register takes"
  }

  public var rangeOrigin: RangeOrigin {
    register.manualRange != nil ? .manual : Self.cellThresholds.contains(register) ? .measuring : .register
  }

  private static let cellThresholds: [SettingsRegister] = [
    .cellOvervoltage, .cellOvervoltageRecovery, .cellUndervoltage, .cellUndervoltageRecovery,
  ]

  /// Amperes in a model's name: 300 of `EK-B24S8E300A`.
  static func rating(of model: String) -> Double? {
    guard model.hasSuffix("A"), let mark = model.lastIndex(of: "E") else { return nil }
    let digits = model[model.index(after: mark)...].dropLast()
    guard (1...4).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Double(digits)
  }

  /// What the manual names as the factory's value (section 2), for people: `3.65 V`, or one per chemistry; nil
  /// where the manual names none.
  public func factoryText(model: String = "") -> String? {
    guard Self.printedDefaults.contains(register),
      let field = StoredSettingField.written(command: register.command.rawValue, register: register.number)
    else { return nil }
    let rating = Self.rating(of: model) ?? 300
    let texts = UnitChemistry.allCases.map { chemistry in
      let value = StoredSettings.factory(chemistry: chemistry, cells: 24, rating: rating)[field]
      return (chemistry.rawValue, text(value))
    }
    if Set(texts.map(\.1)).count == 1 { return texts[0].1 }
    return texts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  private static let printedDefaults: [SettingsRegister] = [
    .cellCount, .cellOvervoltage, .cellOvervoltageRecovery, .cellUndervoltage, .cellUndervoltageRecovery,
    .chargeOvercurrent, .dischargeOvercurrent, .chargeOvertemperature, .chargeOvertemperatureRecovery,
    .chargeUndertemperature, .chargeUndertemperatureRecovery, .dischargeOvertemperature,
    .dischargeOvertemperatureRecovery, .dischargeUndertemperature, .dischargeUndertemperatureRecovery,
  ]

  // MARK: text

  /// A value in base units for people; reading it again gives the same register value.
  public func text(_ base: Double) -> String { AnyQuantity(base, dimension).formatted(significant: 7) }

  /// `1.5 V … 4.5 V`.
  public func rangeText(model: String = "") -> String {
    let range = allowed(model: model)
    return "\(text(range.lowerBound)) … \(text(range.upperBound))"
  }

  /// Reads what a person wrote; `on` and `off` for switches.
  public func parse(_ text: String) throws(QuantityError) -> Double {
    if register == .balancingEnabled, let word = ["off", "on"].firstIndex(of: text) { return Double(word) }
    let value = try AnyQuantity(parsing: text, as: dimension).base
    guard register.type != .integer || registerValue(value).number.map({ base(.float($0)) == value }) ?? false
    else {
      throw QuantityError(
        message: "'\(text)' is no whole number of \(register.unit.isEmpty ? "steps" : register.unit)",
        suggestion: "the unit stores whole numbers there")
    }
    return value
  }

  /// What the settings of a unit show, in base units; nil when its generation does not show it.
  public func value(in settings: Settings) -> Double? { settings.value(of: register).flatMap(base) }

  /// A register's value in base units; nil for text.
  public func baseValue(_ value: RegisterValue) -> Double? { base(value) }

  /// As `BMSSession.write` takes it.
  public func wire(_ base: Double) -> RegisterValue { registerValue(base) }

  /// True when both are the same number on the wire.
  public func agree(_ a: Double, _ b: Double) -> Bool { registerValue(a).agrees(with: registerValue(b)) }
}
