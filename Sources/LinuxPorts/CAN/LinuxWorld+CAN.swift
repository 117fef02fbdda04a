import Ports

extension LinuxWorld {
  /// - Throws: `CANOpening.openEar`
  public func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    let attempted = "listen to a CAN bus"
    try Self.expectCAN(address, attempted)
    return try CANOpening(address: address, world: self, attempted: attempted).openEar()
  }

  /// An ear and a way to send on descriptors that carry frames as the kernel hands them out, e.g. both ends of a pair
  /// of sockets on a computer without CAN. Takes over both.
  /// - Parameter name: How they are called in errors.
  /// - Throws: `.unsupported`
  package func carryCAN(
    ear: Int32, sender: Int32, name: String
  ) throws(PortError) -> (ear: any CANPort, sender: any CANSender) {
    let address = try PortAddress(parsing: "can://\(name)")
    let outlet = try CANOutlet(sender, address: address, world: self)
    return (try CANSocket(ear, address: address, world: self), outlet)
  }

  /// Opens a way to send on a CAN bus. Not a part of `World`: what runs on a rig has no way to send on the unit's bus.
  /// - Throws: `CANOpening.openSender`
  public func openCANSender(_ address: PortAddress) throws(PortError) -> any CANSender {
    let attempted = "send on a CAN bus"
    try Self.expectCAN(address, attempted)
    return try CANOpening(address: address, world: self, attempted: attempted).openSender()
  }

  private static func expectCAN(_ address: PortAddress, _ attempted: String) throws(PortError) {
    guard address.scheme != .can else { return }
    guard address.scheme != .sim else { throw refused(address, attempted: attempted, kind: "") }
    throw PortError(
      .badAddress, attempted: attempted, port: address.description, cause: "this is no CAN interface",
      advice: "Write e.g. can://can0")
  }
}
