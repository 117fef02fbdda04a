import Capabilities

extension DAQ970A {
  /// Readings carry noise, so the shown session ends where the first scan would begin.
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "open and stop",
        source: "\"Instrument models\" section 5.2; identity and error reply as the DAQ970A spells them",
        exchanges: [
          .init("*IDN?", "Keysight Technologies,DAQ970A,800123456789,A.03.02-01.00-03.02-00.01"),
          .init("*CLS"),
          .init("SYST:ERR?", "+0,\"No error\""),
          .init("ABOR"),
          .init("SYST:ERR?", "+0,\"No error\""),
        ],
        action: {
          _ = try await $0.open()
          _ = await $0.makeSafe()
        })
    ]
  }
}
