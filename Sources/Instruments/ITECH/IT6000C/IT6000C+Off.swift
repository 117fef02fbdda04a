import Capabilities

extension IT6000C: OffSwitch {
  /// Off first, because the second command has to wait: nothing counts here but the time. An output that does not open
  /// then at least drives nothing. `makeSafe`, which has time, goes through zero.
  static let offCommands = ["OUTP OFF", "CURR 0"]

  public var off: OffWire { session.offWire(Self.offCommands, proofs: [("OUTP?", .off)]) }

  public func sendOff() async throws(InstrumentError) { try await session.writeAllSafe(Self.offCommands) }
}
