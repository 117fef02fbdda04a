import Capabilities

extension N83624: OffSwitch {
  private var offCommand: String { "OUTP:ONOFF 0\(Self.list(Array(channelNumbers)))" }

  /// Bit 0 of each channel's status word says that its output is on.
  public var off: OffWire {
    session.offWire(
      [offCommand],
      proofs: [
        ("OUTP:STAT?\(Self.list(Array(channelNumbers)))", .bitsClear(1, count: channelNumbers.count))
      ])
  }

  public func sendOff() async throws(InstrumentError) { try await session.writeAllSafe([offCommand]) }
}
