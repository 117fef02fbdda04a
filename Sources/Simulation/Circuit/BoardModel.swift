import Ports

/// What the unit under test sees of the circuit at one moment. All voltages in volts, currents in amperes.
public protocol BoardSurroundings {
  var now: WorldInstant { get }
  /// Volts between sense nodes k−1 and k at the unit's connector (k = 1 … 24) with open, crossed and resistive
  /// wires and lead drops applied. 0 where nothing is fed.
  func senseVoltage(cell k: Int) -> Double
  /// Ohms in the sense path of cell k outside the unit (leads of both nodes); infinite when a node is open.
  func leadResistance(cell k: Int) -> Double
  /// Volts at the unit's supply pin (B24 to B0). While the emulator contactor is open it falls with the charge left
  /// on the power terminals; 0 while the wire of B24 is open.
  var supplyVoltage: Double { get }
  /// Amperes through the power path, positive = charging.
  var loopCurrent: Double { get }
  /// Ohms at NTC input 1 … 4; infinite = open, 0 = short.
  func thermistorResistance(_ n: Int) -> Double
  var wakeSwitchClosed: Bool { get }
  /// Volts at the auxiliary supply input.
  var auxiliaryVoltage: Double { get }
  /// Whether the wire of node B0 … B24 reaches the unit.
  func isConnected(node: Int) -> Bool
}

extension BoardSurroundings {
  public var auxiliaryVoltage: Double { 0 }
  public func isConnected(node: Int) -> Bool { true }
}

/// The unit under test as the circuit sees it: inputs come from `BoardSurroundings`, outputs are read back by the
/// circuit after every `advance`. Synchronous, no tasks; between its own events nothing changes.
public protocol BoardModel: AnyObject {
  /// When something changes by itself next (a sample, a timer, a flash); nil while nothing will.
  var nextEvent: WorldInstant? { get }
  /// Runs everything due up to and including `now`. Called in time order, also right after every change of the
  /// surroundings (then with the instant of the change).
  func advance(to now: WorldInstant, in surroundings: any BoardSurroundings)

  var chargeSwitchClosed: Bool { get }
  var dischargeSwitchClosed: Bool { get }
  /// Ohms of the power path B to P with both switches closed.
  var pathResistance: Double { get }
  /// Volts over the body diode of an open switch that conducts the other way: while discharging, and while charging.
  var bodyDiodeDrop: Double { get }
  var chargeDiodeDrop: Double { get }
  /// Amperes that an open path leaks at 100 V.
  var offLeakage: Double { get }
  /// Amperes drawn from the supply pin now.
  var supplyCurrent: Double { get }
  /// Amperes drawn from the auxiliary input now.
  var auxiliaryCurrent: Double { get }
  /// Amperes taken out of cell k by the balancer now (negative: put in).
  func balanceCurrent(cell k: Int) -> Double

  func isOn(_ indicator: Indicator) -> Bool
  /// Every change of an indicator since the last call, oldest first.
  func takeIndicatorEdges() -> [IndicatorEdge]

  /// Amperes at which the short-circuit comparator acts, and seconds from crossing to the path opening;
  /// nil while the comparator cannot act (no supply, broken).
  var shortCircuitReaction: (level: Double, delay: Double)? { get }
  /// The comparator acted at `instant`: the path is open from now on.
  func shortCircuitTripped(at instant: WorldInstant)
  /// Joules that the pulse put into the unit's switches; may damage a weak one.
  func absorbed(energy: Double)
}

extension BoardModel {
  public var chargeDiodeDrop: Double { bodyDiodeDrop }
  public var auxiliaryCurrent: Double { 0 }
}

public struct IndicatorEdge: Hashable, Sendable {
  public let indicator: Indicator
  public let level: Bool
  public let at: WorldInstant
  public init(indicator: Indicator, level: Bool, at: WorldInstant) {
    self.indicator = indicator
    self.level = level
    self.at = at
  }
}

/// The unit's radio as the simulated central sees it.
public protocol PeripheralModel: AnyObject {
  var radioAddress: String { get }
  /// The next advertisement at or after `instant`; nil while the unit is unpowered or connected. Asked often: the
  /// answer for an instant must stay the same until something happens to the unit.
  func nextAdvertisement(after instant: WorldInstant) -> Advertisement?
  func connect(at now: WorldInstant) -> Bool
  func disconnect(at now: WorldInstant)
  var isConnected: Bool { get }
  /// A write to FFE1.
  func write(_ bytes: [UInt8], at now: WorldInstant)
  /// When the next notification leaves; nil while none is due.
  var nextNotification: WorldInstant? { get }
  /// Takes the notifications that left up to `now`, oldest first.
  func takeNotifications(upTo now: WorldInstant) -> [Notification]
}
