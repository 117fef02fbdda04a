import Capabilities

extension DAQ970A {
  /// - Source: "Instrument models" section 5.2 for order, block and reply forms.
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "identify", source: "DAQ970A remote interface: common commands",
        exchanges: [
          .init("*IDN?", "Keysight Technologies,DAQ970A,{serial},A.03.02-01.00-03.02-00.01"),
          .init("*CLS"),
          .init("SYST:ERR?", "+0,\"No error\""),
        ],
        action: { _ = try await $0.open() })
    ]
  }
}
