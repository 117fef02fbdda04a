import Capabilities

extension E36312A: OffSwitch {
  private static let offCommands = E36312ASettings.allChannels.map { "OUTP OFF,(@\($0))" }

  var off: OffWire {
    session.offWire(Self.offCommands, proofs: settings.channels.map { ("OUTP? (@\($0))", .off) })
  }

  func sendOff() async throws(InstrumentError) { try await session.writeAllSafe(Self.offCommands) }
}
