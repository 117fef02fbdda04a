import Ports

/// What a unit said last of its own running. Compared with what it says after a lost link, it tells whether the unit
/// started anew while nobody heard it.
public struct UnitRunning: Hashable, Sendable {
  /// Address of the radio that said so: a neighbour must not be taken for the unit.
  public var address: String
  /// Starts in the unit's life, as read when the link was set up.
  public var powerOnCount: Int
  /// Whole seconds since its last start, as the latest frame had it.
  public var uptimeSeconds: Int
  /// When that frame arrived.
  public var at: WorldInstant

  public init(address: String, powerOnCount: Int, uptimeSeconds: Int, at: WorldInstant) {
    self.address = address
    self.powerOnCount = powerOnCount
    self.uptimeSeconds = uptimeSeconds
    self.at = at
  }
}

/// Links that keep no such evidence: nothing is ever concluded from them.
extension UnitConnection {
  public var running: UnitRunning? { nil }
  public var hasLostLink: Bool { false }
}
