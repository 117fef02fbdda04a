import Capabilities
import Quantities

extension IT6000C {
  private static let identityReply = "ITECH Ltd.,IT6015C-80-450,800123456789,001.002.027-001.002.021"

  private static var opening: [Transcript.Exchange] {
    [
      .init("*IDN?", identityReply),
      .init("*CLS"),
      .init("SYST:ERR?", "0,\"No error\""),
      .init("OUTP?", "0"),
      .init("SYST:REM"),
      .init("SYST:ERR?", "0,\"No error\""),
      .init("STAT:QUES:COND?", "0"),
      .init("FUNC CURR"),
      .init("SYST:ERR?", "0,\"No error\""),
      .init("FUNC:MODE FIXED"),
      .init("SYST:ERR?", "0,\"No error\""),
      .init("FUNC?", "CURRent"),
      .init("CURR 0.000"), .init("CURR?", "0.0000"),
      .init("VOLT:LIM 0.000"), .init("VOLT:LIM?", "0.0000"),
      .init("CURR:SLEW:POS 0.350"), .init("CURR:SLEW:POS?", "0.3500"),
      .init("CURR:SLEW:NEG 0.350"), .init("CURR:SLEW:NEG?", "0.3500"),
      .init("SYST:ERR?", "0,\"No error\""),
      .init("VOLT:PROT 11.000"), .init("VOLT:PROT?", "11.0000"),
      .init("VOLT:PROT:STAT ON"), .init("VOLT:PROT:STAT?", "1"),
      .init("CURR:PROT 385.000"), .init("CURR:PROT?", "385.0000"),
      .init("CURR:PROT:STAT ON"), .init("CURR:PROT:STAT?", "1"),
      .init("SYST:ERR?", "0,\"No error\""),
    ]
  }

  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "open, program 120 A, make safe",
        source: "hardware-tested open driver: command vocabulary and reply forms",
        options: ["slew": "0.35 A/ms"],
        exchanges: opening + [
          .init("VOLT:LIM 4.000"), .init("VOLT:LIM?", "4.0000"),
          .init("CURR 120.000"), .init("CURR?", "120.0000"),
          .init("SYST:ERR?", "0,\"No error\""),
          .init("CURR 0"), .init("OUTP OFF"), .init("OUTP?", "0"),
        ]
      ) { instrument in
        guard let source = instrument as? IT6000C else { return }
        _ = try await source.open()
        try await source.program(current: .amperes(120), compliance: .volts(4))
        _ = await source.makeSafe()
      }
    ]
  }
}
