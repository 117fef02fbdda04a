import Ports
import Quantities

/// Why the unit's own link did not deliver. Says nothing about whose fault it is.
public struct UnitLinkError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// No advertisement of the unit was heard.
    case notFound
    case noAnswer
    case linkLost
    /// Bytes arrived that the protocol does not allow.
    case malformed
    /// The rig refuses: calibration register, value out of range, unknown setting.
    case refused
    /// The adapter or the system stack does not work: the rig's fault.
    case adapter
    case stopped
  }
  public let code: Code
  public let attempted: String
  public let cause: String
  public let advice: String
  public init(_ code: Code, attempted: String, cause: String, advice: String = "") {
    self.code = code
    self.attempted = attempted
    self.cause = cause
    self.advice = advice
  }
  public var description: String {
    let text = "unit link: could not \(attempted): \(cause)"
    return advice.isEmpty ? text : "\(text). \(advice)"
  }
}

/// What the unit says it is. The password never gets here.
public struct UnitDescription: Hashable, Sendable {
  public var model = ""
  public var hardware = ""
  public var software = ""
  public var protocolVersion = ""
  public var productionDate = ""
  public var deviceID = ""
  public var name = ""
  public var powerOnCount = 0
  public var runtimeSeconds = 0
  public init() {}
}

/// One decoded telemetry frame. Arrays start with cell 1; voltages in V, resistances in Ω, temperatures in °C.
public struct UnitTelemetry: Hashable, Sendable {
  /// When its last byte arrived.
  public var at = WorldInstant.start
  public var frameCounter = 0
  public var cellVoltages: [Double] = []
  public var lineResistances: [Double] = []
  public var totalVoltage = 0.0
  public var averageCellVoltage = 0.0
  public var cellVoltageDifference = 0.0
  /// 1-based.
  public var highestCell = 0
  public var lowestCell = 0
  /// Configured number of cells.
  public var cellCount = 0
  public var statusCode = 0
  public var status = ""
  public var isBalancing = false
  /// The unit has balanced and stopped by itself.
  public var isBalancingFinished = false
  /// A, negative while the highest cell is discharged.
  public var balancingCurrent = 0.0
  /// A, positive = charging; nil when the frame has none. Offset unproven on real hardware.
  public var packCurrent: Double?
  /// NTC pair 1+2, NTC pair 3+4.
  public var temperatures: [Double] = []
  public var mosfetTemperature: Double?
  public var balancerTemperature: Double?
  /// 0 … 1; nil when the frame has none. Offset unproven on real hardware.
  public var stateOfCharge: Double?
  public var uptimeSeconds = 0
  /// Cells (1-based) flagged, cut to the cell count.
  public var detectionFailedCells: [Int] = []
  public var overvoltageCells: [Int] = []
  public var undervoltageCells: [Int] = []
  public var polarityCells: [Int] = []
  public var lineResistanceCells: [Int] = []
  public var temperatureWarning = 0
  public var chargingFault = 0
  public var dischargingFault = 0
  public init() {}
}

extension UnitTelemetry {
  /// Any alarm of cells, wires or temperatures.
  public var reportsFault: Bool {
    let cells = [
      detectionFailedCells, overvoltageCells, undervoltageCells, polarityCells, lineResistanceCells,
    ]
    return cells.contains { !$0.isEmpty } || temperatureWarning != 0 || chargingFault != 0
      || dischargingFault != 0
  }
}

/// All settings of the unit as one frame told them.
public struct UnitSettings: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    /// Kebab-case, e.g. `cell-overvoltage-protection`.
    public var name: String
    /// Base units.
    public var value: Double
    public var dimension: Dimension
    public init(name: String, value: Double, dimension: Dimension) {
      self.name = name
      self.value = value
      self.dimension = dimension
    }
  }
  /// The frame as received.
  public var frame: [UInt8]
  public var entries: [Entry]
  public init(frame: [UInt8], entries: [Entry]) {
    self.frame = frame
    self.entries = entries
  }
  public func value(_ name: String) -> Double? { entries.first { $0.name == name }?.value }
}

/// What became of one write.
public struct SettingProof: Hashable, Sendable {
  public var name: String
  public var requested: Double
  public var readBack: Double?
  public var acknowledged: Bool
  /// True only when a later read of the settings shows the value.
  public var proven: Bool
  public init(name: String, requested: Double, readBack: Double?, acknowledged: Bool, proven: Bool) {
    self.name = name
    self.requested = requested
    self.readBack = readBack
    self.acknowledged = acknowledged
    self.proven = proven
  }
}

/// How well the unit's link worked since it was connected.
public struct UnitLinkStatistics: Hashable, Sendable {
  public var frames = 0
  public var checksumErrors = 0
  public var counterGaps = 0
  /// Frames missing in those gaps.
  public var framesMissed = 0
  /// Seconds.
  public var longestSilence = 0.0
  public init() {}
}

/// The unit under test as its own link offers it, whatever transport and protocol lie below.
public protocol UnitConnection: AnyObject {
  /// Waits for an advertisement of the unit.
  func discover(deadline: WorldInstant) async throws(UnitLinkError) -> Advertisement
  /// Connects to what `discover` found and reads identity and settings.
  func connect(deadline: WorldInstant) async throws(UnitLinkError)
  var isConnected: Bool { get }
  /// A link that was set up has ended although nobody asked for it. Exchanges nothing with the unit.
  var hasLostLink: Bool { get }
  /// What the unit said last of its running since the link was set up. Outlives a lost link; nil after `disconnect`.
  var running: UnitRunning? { get }
  func disconnect() async

  func description(deadline: WorldInstant) async throws(UnitLinkError) -> UnitDescription
  func settings(deadline: WorldInstant) async throws(UnitLinkError) -> UnitSettings
  /// A telemetry frame whose first byte arrived after `instant`.
  func telemetry(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
    -> UnitTelemetry
  /// Writes one setting and proves it by reading the settings again. Never repeats the write by itself.
  func write(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  /// Whether `write` would send this value: false for unknown settings and for values beyond any that the rig writes.
  func mayWrite(_ name: String, value: Double) -> Bool
  /// Writes a value that the unit ought to refuse, so that its refusal can be tried, and reads back what it stored.
  /// Only settings that `write` knows, never calibration or factory registers. Whoever probes must restore.
  func probe(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  /// What the unit says of its app password.
  func password(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordState
  /// The rig file names the register that takes another password.
  var canChangePassword: Bool { get }
  /// Asks for another password, which the connection chooses and keeps to itself together with the original.
  ///
  /// - Returns: Whether the unit acknowledged the request, which is not yet success.
  /// - Throws: `refused` without a named register, and for one that is known to hold something else.
  func changePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool
  /// Reads the unit's password anew and compares.
  func matchPassword(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordMatch
  /// A change was asked for and the original was not proven to be back.
  var passwordIsChanged: Bool { get }
  /// Writes the original password back and proves it; true at once when nothing was changed.
  func restorePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool
  /// Dimension of a writable setting; nil when the rig may not write it or does not know it.
  func dimension(ofSetting name: String) -> Dimension?
  var statistics: UnitLinkStatistics { get }
}
