import Capabilities

extension IT6000C: OffSwitch {
  /// Zero first: an output that does not open then at least drives nothing.
  static let offCommands = ["CURR 0", "OUTP OFF"]

  public var off: OffWire { session.offWire(Self.offCommands, proofs: [("OUTP?", .off)]) }

  public func sendOff() async throws(InstrumentError) { try await session.writeAllSafe(Self.offCommands) }
}
