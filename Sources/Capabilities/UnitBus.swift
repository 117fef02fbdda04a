import Ports

/// What a port of the unit can tell. Raw values are the keys of `signals` in a rig file.
public enum UnitBusQuantity: String, Hashable, Sendable, CaseIterable {
  case packVoltage = "pack-voltage"
  case packCurrent = "pack-current"
  case stateOfCharge = "state-of-charge"
  case cellVoltages = "cell-voltages"
  case temperatures
  case alarms
}

/// What the unit told over a bus, and when.
public struct UnitBroadcast: Hashable, Sendable {
  /// Steps in which the bus tells its values: V, A, share, °C, V of one cell.
  public struct Steps: Hashable, Sendable {
    public var voltage: Double
    public var current: Double
    public var charge: Double
    public var temperature: Double
    public var cell: Double
    public init(
      voltage: Double = 0, current: Double = 0, charge: Double = 0.01, temperature: Double = 0.1,
      cell: Double = 0.001
    ) {
      self.voltage = voltage
      self.current = current
      self.charge = charge
      self.temperature = temperature
      self.cell = cell
    }
  }

  /// When its last frame was on the bus.
  public var at: WorldInstant
  /// V.
  public var packVoltage: Double
  /// A (positive = charging); nil where the bus has not told it, or not lately.
  public var packCurrent: Double?
  /// 0 … 1; nil as above.
  public var stateOfCharge: Double?
  /// °C, in the order of the profile; empty as above.
  public var temperatures: [Double] = []
  /// V, index 0 = cell 1; empty as above.
  public var cellVoltages: [Double] = []
  /// Names of the alarms that are on; nil as above.
  public var alarms: [String]?
  public var steps: Steps

  public init(at: WorldInstant, packVoltage: Double, steps: Steps) {
    self.at = at
    self.packVoltage = packVoltage
    self.steps = steps
  }
}

/// The unit's CAN or 485 port, by a profile that is a candidate until a released unit was heard to speak it.
public protocol UnitBus: AnyObject {
  /// What is expected to be spoken there, for the record.
  var profile: String { get }
  /// True once a released unit has been heard to speak that profile. Otherwise silence says nothing about the unit.
  var isProfileConfirmed: Bool { get }
  /// Seconds between two measurements that it tells on its own account; nil where it has to be asked.
  var period: Double? { get }
  /// Whether the profile has such a value at all.
  func tells(_ quantity: UnitBusQuantity) -> Bool
  /// The next frame of any kind.
  func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant
  /// The next measurements that were sent after `instant`.
  func broadcast(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
    -> UnitBroadcast
}

extension UnitBus {
  public var period: Double? { nil }
}
