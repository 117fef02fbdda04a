import Capabilities
import Ports
import Quantities

/// The unit under test over Bluetooth low energy: finds it, opens a `BMSSession` and translates to what steps use.
public final class BLEUnit: UnitConnection {
  /// The only service and characteristic the family uses (BLE protocol notes section 2.1).
  static let service = "FFE0"
  static let characteristic = "FFE1"
  /// Services in advertisements of the family (section 2.5).
  static let advertised = ["FFE0", "FEE7"]

  private let world: any World
  private let radioAddress: PortAddress
  private let name: String
  let passwordRegister: UInt8?
  private let beacon: String?
  private var radio: (any RadioPort)?
  private var session: BMSSession?
  private var found: Advertisement?
  private var connected = false
  /// Statistics of sessions that ended.
  private var past = UnitLinkStatistics()

  /// Password before the first change and the one asked for; nil while nothing was changed.
  var passwordChange: (original: String, changed: String)?

  /// Sees all bytes in both directions, the password masked.
  public var onBytes: ((Bool, [UInt8], WorldInstant) -> Void)?

  /// - Parameters:
  ///   - name: Advertised name to accept; empty accepts any unit of the family.
  ///   - passwordRegister: Register of command 05 that takes another password; nil while nobody has seen one.
  ///   - beacon: Radio address of the rig's own beacon, which tells a deaf radio from a silent unit.
  public init(
    world: any World, radioAddress: PortAddress, name: String, passwordRegister: UInt8? = nil,
    beacon: String? = nil
  ) {
    self.beacon = beacon
    self.world = world
    self.radioAddress = radioAddress
    self.name = name
    self.passwordRegister = passwordRegister
  }

  public var isConnected: Bool { connected }
  public var hasLostLink: Bool { session.map { !$0.isLinkUp } ?? false }
  public private(set) var running: UnitRunning?

  /// - Throws: `.notFound` when the unit was not heard; `.adapter` when the rig's beacon was not heard all the time
  ///   either, even if the unit was in the end: when it began is then unknown.
  public func discover(deadline: WorldInstant) async throws(UnitLinkError) -> Advertisement {
    let radio = try await openRadio(deadline: deadline)
    var ears = BeaconWatch(since: world.now)
    while true {
      let heard: Advertisement
      do {
        heard = try await radio.scan(deadline: deadline)
      } catch {
        guard error.code == .deadline else { throw Self.translate(error, attempted: "scan") }
        try require(ears, until: world.now)
        throw UnitLinkError(
          .notFound, attempted: "find the unit",
          cause: "no advertisement\(name.isEmpty ? "" : " of '\(name)'") was heard",
          advice: "check that the unit is powered and that no phone is connected to it")
      }
      if heard.address == beacon { ears.hear(at: heard.at) }
      guard Self.isUnit(heard, named: name) else { continue }
      try require(ears, until: heard.at)
      found = heard
      return heard
    }
  }

  private func require(_ ears: BeaconWatch, until instant: WorldInstant) throws(UnitLinkError) {
    guard beacon != nil, ears.longestSilence(until: instant) > BeaconWatch.silenceMax else { return }
    throw Self.deaf
  }

  private static let deaf = UnitLinkError(
    .adapter, attempted: "find the unit", cause: "the rig's own beacon was not heard all the time either",
    advice: "check the adapter, its place and the beacon's battery")

  /// Listens for the beacon after a connection has delivered nothing.
  /// - Throws: `.adapter` when it is not heard.
  private func requireBeacon() async throws(UnitLinkError) {
    guard let beacon, let radio else { return }
    let end = world.now + BeaconWatch.silenceMax
    while true {
      do {
        if try await radio.scan(deadline: end).address == beacon { return }
      } catch {
        guard error.code == .deadline else { throw Self.translate(error, attempted: "scan") }
        throw Self.deaf
      }
    }
  }

  /// True for advertisements of the family.
  /// - Parameter name: Empty accepts any.
  public static func isUnit(_ heard: Advertisement, named name: String) -> Bool {
    heard.services.contains(where: advertised.contains) && (name.isEmpty || heard.name == name)
  }

  private func openRadio(deadline: WorldInstant) async throws(UnitLinkError) -> any RadioPort {
    if let radio { return radio }
    do {
      let opened = try await world.openRadio(radioAddress, deadline: deadline)
      radio = opened
      return opened
    } catch {
      throw Self.translate(error, attempted: "open the radio")
    }
  }

  public func connect(deadline: WorldInstant) async throws(UnitLinkError) {
    guard let radio, let found else {
      throw UnitLinkError(.notFound, attempted: "connect", cause: "the unit was not found before")
    }
    await disconnect()
    let port: any GATTPort
    do {
      port = try await radio.connect(
        to: found.address, service: Self.service, characteristic: Self.characteristic, deadline: deadline)
    } catch {
      if error.code == .deadline { try await requireBeacon() }
      throw Self.translate(error, attempted: "connect to \(found.address)")
    }
    let fresh = BMSSession(port: port, world: world)
    fresh.onBytes = { [weak self] direction, bytes, at in self?.onBytes?(direction == .sent, bytes, at) }
    session = fresh
    connected = true
    do { try await fresh.open(deadline: deadline) } catch {
      let reason = lost(error)
      // A session that never opened answers nothing: whoever comes next, the closing phase above all, connects anew.
      await disconnect()
      if reason.code == .noAnswer { try await requireBeacon() }
      throw reason
    }
    running = fresh.running
  }

  public func disconnect() async {
    guard let session else { return }
    past = statistics
    session.close()
    self.session = nil
    connected = false
    running = nil
  }

  public func description(deadline: WorldInstant) async throws(UnitLinkError) -> UnitDescription {
    let session = try open("read the identity")
    let info: DeviceInfo
    do { info = try await session.deviceInfo(deadline: deadline) } catch { throw lost(error) }
    var description = UnitDescription()
    description.model = info.model
    description.hardware = info.hardwareVersion
    description.software = info.softwareVersion
    description.protocolVersion = info.protocolVersion
    description.productionDate = info.productionDate
    description.deviceID = info.deviceIdentity
    description.name = info.bluetoothName
    description.powerOnCount = info.powerOnCount
    description.runtimeSeconds = info.totalRuntimeSeconds
    return description
  }

  public func settings(deadline: WorldInstant) async throws(UnitLinkError) -> UnitSettings {
    let session = try open("read the settings")
    let settings: Settings
    do { settings = try await session.readSettings(deadline: deadline) } catch { throw lost(error) }
    return UnitSettings(
      frame: settings.encoded(),
      entries: NamedSetting.all.compactMap { named in
        guard let value = settings.value(of: named.register), let base = named.base(value) else { return nil }
        return UnitSettings.Entry(name: named.name, value: base, dimension: named.dimension)
      })
  }

  public func telemetry(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
    -> UnitTelemetry
  {
    let session = try open("receive live values")
    do {
      let received = try await session.nextCellInfo(after: instant, deadline: deadline)
      running?.uptimeSeconds = received.cellInfo.uptimeSeconds
      running?.at = received.at
      return Self.telemetry(received)
    } catch {
      throw lost(error)
    }
  }

  public func write(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  {
    try await write(name, value: value, probing: false, deadline: deadline)
  }

  func write(_ name: String, value: Double, probing: Bool, deadline: WorldInstant)
    async throws(UnitLinkError) -> SettingProof
  {
    guard let named = NamedSetting.named(name) else {
      throw UnitLinkError(
        .refused, attempted: "write '\(name)'", cause: "no setting of that name may be written",
        advice: "known settings: \(NamedSetting.all.map(\.name).joined(separator: ", "))")
    }
    let session = try open("write '\(name)'")
    do {
      let proof = try await session.write(
        named.register, value: named.registerValue(value), probing: probing, deadline: deadline)
      return SettingProof(
        name: name, requested: value, readBack: proof.readBack.flatMap(named.base),
        acknowledged: proof.acknowledged,
        proven: proof.proven)
    } catch {
      throw lost(error)
    }
  }

  public func mayWrite(_ name: String, value: Double) -> Bool {
    guard let named = NamedSetting.named(name), value.isFinite else { return false }
    return (try? named.register.payload(for: named.registerValue(value))) != nil
  }

  public func dimension(ofSetting name: String) -> Dimension? { NamedSetting.named(name)?.dimension }

  public var statistics: UnitLinkStatistics {
    guard let now = session?.statistics else { return past }
    var all = past
    all.frames += now.frames
    all.checksumErrors += now.checksumErrors
    all.counterGaps += now.counterGaps
    all.framesMissed += now.framesMissed
    all.longestSilence = max(all.longestSilence, now.silenceMax.seconds)
    return all
  }

  /// Ends everything; called when the rig is closed.
  public func close() async {
    await disconnect()
    radio?.close()
    radio = nil
  }

  func open(_ attempted: String) throws(UnitLinkError) -> BMSSession {
    guard let session else {
      throw UnitLinkError(.linkLost, attempted: attempted, cause: "the unit is not connected")
    }
    return session
  }

  func lost(_ error: BMSLinkError) -> UnitLinkError {
    let code: UnitLinkError.Code =
      switch error.code {
      case .noAnswer: .noAnswer
      case .linkLost, .notOpen: .linkLost
      case .writesBlocked, .registerRefused, .registerUnsupported: .refused
      case .stopped: .stopped
      case .radio: .adapter
      }
    if code == .linkLost { connected = false }
    return UnitLinkError(code, attempted: error.attempted, cause: error.cause, advice: error.advice)
  }

  private static func translate(_ error: PortError, attempted: String) -> UnitLinkError {
    let code: UnitLinkError.Code =
      switch error.code {
      case .deadline: .noAnswer
      case .closed: .linkLost
      case .stopped: .stopped
      case .malformed: .malformed
      case .refused, .notFound, .permission, .busy, .badAddress, .unsupported: .adapter
      }
    return UnitLinkError(
      code, attempted: attempted, cause: error.cause.isEmpty ? error.code.rawValue : error.cause,
      advice: error.advice)
  }

  static func telemetry(_ received: BMSSession.ReceivedCellInfo) -> UnitTelemetry {
    let info = received.cellInfo
    var out = UnitTelemetry()
    out.at = received.at
    out.frameCounter = info.frameCounter
    out.cellVoltages = info.cellVolts
    out.lineResistances = info.lineOhms
    out.totalVoltage = info.totalVolts
    out.averageCellVoltage = info.averageCellVolts
    out.cellVoltageDifference = info.differenceVolts
    out.highestCell = info.highestCellIndex + 1
    out.lowestCell = info.lowestCellIndex + 1
    out.cellCount = info.cellCount
    out.statusCode = info.operationStatus.rawValue
    out.status = info.operationStatus.name
    out.isBalancing = info.operationStatus == .balancing
    out.isBalancingFinished = info.operationStatus == .balancingFinished
    out.balancingCurrent = info.balancingAmperes
    out.packCurrent = info.second?.packAmperes
    out.temperatures = [info.temperature1Celsius, info.temperature2Celsius]
    out.mosfetTemperature = info.second?.mosfetCelsius
    out.balancerTemperature = info.second?.balancerCelsius
    out.stateOfCharge = info.second.map { $0.stateOfChargePercent / 100 }
    out.uptimeSeconds = info.uptimeSeconds
    let faults = info.faults.limited(toCellCount: info.cellCount)
    out.detectionFailedCells = cells(faults.cellDetectionFailed)
    out.overvoltageCells = cells(faults.cellOvervoltage)
    out.undervoltageCells = cells(faults.cellUndervoltage)
    out.polarityCells = cells(faults.cellPolarityError)
    out.lineResistanceCells = cells(faults.lineResistanceExcessive)
    out.temperatureWarning = faults.temperatureWarning
    out.chargingFault = faults.chargingFault
    out.dischargingFault = faults.dischargingFault
    return out
  }

  private static func cells(_ mask: Int) -> [Int] { (0..<24).filter { mask >> $0 & 1 == 1 }.map { $0 + 1 } }
}
