import Ports

/// What the unit told on its own account over a bus, and when.
public struct UnitBroadcast: Hashable, Sendable {
  /// When its last frame was on the bus.
  public var at: WorldInstant
  /// V, A (positive = charging), °C.
  public var packVoltage: Double
  public var packCurrent: Double
  public var temperature: Double
  /// Steps in which the bus tells voltage and current.
  public var voltageStep: Double
  public var currentStep: Double
  /// 0 … 1; nil where the bus has not told it.
  public var stateOfCharge: Double?
  public init(
    at: WorldInstant, packVoltage: Double, packCurrent: Double, temperature: Double, voltageStep: Double,
    currentStep: Double, stateOfCharge: Double? = nil
  ) {
    self.at = at
    self.packVoltage = packVoltage
    self.packCurrent = packCurrent
    self.temperature = temperature
    self.voltageStep = voltageStep
    self.currentStep = currentStep
    self.stateOfCharge = stateOfCharge
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
  /// The next frame of any kind.
  func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant
  /// The next measurements that were sent after `instant`.
  func broadcast(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
    -> UnitBroadcast
}

extension UnitBus {
  public var period: Double? { nil }
}
