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
  /// What is spoken there by a DBC file; nil: the inverter broadcast, the candidate that is built in.
  public var profile: UnitBusProfile?
  public init(address: String, confirmed: Bool, profile: UnitBusProfile? = nil) {
    self.address = address
    self.confirmed = confirmed
    self.profile = profile
  }
}

/// A DBC file and which of its signals say what. The file is read once, so that what was checked is what is used.
public struct UnitBusProfile: Hashable, Sendable, Codable {
  /// One value and the signal that carries it, as written: `MESSAGE.SIGNAL`, with a unit behind it where the file has
  /// none.
  public struct Signal: Hashable, Sendable, Codable {
    /// A key of `signals`, e.g. `pack-voltage`.
    public var quantity: String
    public var name: String
    public init(quantity: String, name: String) {
      self.quantity = quantity
      self.name = name
    }
  }

  /// Where the DBC file was read.
  public var path: String
  public var content: [UInt8]
  /// SHA-256 of the content, lower-case hex.
  public var contentHash: String
  /// Entries of a list in their order.
  public var signals: [Signal]
  /// False where the file counts discharge as positive.
  public var positiveIsCharging: Bool
  /// Seconds between two frames with the pack voltage, as the rig file says; nil: as the DBC file says.
  public var period: Double?

  public init(
    path: String, content: [UInt8], contentHash: String, signals: [Signal], positiveIsCharging: Bool = true,
    period: Double? = nil
  ) {
    self.path = path
    self.content = content
    self.contentHash = contentHash
    self.signals = signals
    self.positiveIsCharging = positiveIsCharging
    self.period = period
  }

  /// Name of the file without its folder.
  public var file: String { path.split(separator: "/").last.map(String.init) ?? path }
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
