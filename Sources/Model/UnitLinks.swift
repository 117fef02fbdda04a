/// How the unit's own link is reached.
public struct UnitLink: Hashable, Sendable, Codable {
  public var transport: String
  public var address: String
  /// Advertised name to look for; empty matches any unit of the family.
  public var name: String
  /// Register of command 05 that somebody saw the vendor's app write another password to; nil when nobody has.
  public var passwordRegister: UInt8?
  /// Radio address of the rig's own beacon; nil when it has none.
  public var beacon: String?
  public init(
    transport: String, address: String, name: String, passwordRegister: UInt8? = nil, beacon: String? = nil
  ) {
    self.beacon = beacon
    self.transport = transport
    self.address = address
    self.name = name
    self.passwordRegister = passwordRegister
  }
}

/// The unit's CAN port and what is expected there.
public struct UnitBusLink: Hashable, Sendable, Codable {
  public var address: String
  /// A released unit has been heard to speak the expected profile; otherwise nothing heard there is judged.
  public var confirmed: Bool
  public init(address: String, confirmed: Bool) {
    self.address = address
    self.confirmed = confirmed
  }
}

/// The unit's 485 port and what is expected there.
public struct UnitSerialLink: Hashable, Sendable, Codable {
  public var address: String
  /// Which candidate is spoken: `native` or `jk-modbus`.
  public var profile: String
  /// Modbus unit number.
  public var unitNumber: Int
  /// A released unit has been heard to speak that profile; otherwise nothing told there is judged.
  public var confirmed: Bool
  public init(address: String, profile: String, unitNumber: Int, confirmed: Bool) {
    self.address = address
    self.profile = profile
    self.unitNumber = unitNumber
    self.confirmed = confirmed
  }
}
