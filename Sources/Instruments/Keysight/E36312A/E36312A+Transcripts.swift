import Capabilities
import Quantities

extension E36312A {
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "program output 2",
        source: "instrument model notes, section 4: channel lists; protection as open drivers set it",
        exchanges: [
          .init("VOLT? (@2)", "+0.00000000E+00"),
          .init("VOLT:PROT 22.5,(@2)"),
          .init("VOLT:PROT? (@2)", "+2.25000000E+01"),
          .init("VOLT 20,(@2)"),
          .init("VOLT? (@2)", "+2.00000000E+01"),
          .init("CURR 0.5,(@2)"),
          .init("CURR? (@2)", "+5.00000000E-01"),
          .init("SYST:ERR?", "+0,\"No error\""),
        ],
        action: { instrument in
          try await (instrument as! any Supply)
            .program(channel: 2, voltage: .volts(20), currentLimit: .amperes(0.5))
        }),
      Transcript(
        title: "switch output 1 on", source: "instrument model notes, section 4",
        exchanges: [
          .init("OUTP ON,(@1)"),
          .init("SYST:ERR?", "+0,\"No error\""),
          .init("OUTP? (@1)", "1"),
        ],
        action: { try await ($0 as! any Supply).setOutput(true, channel: 1) }),
    ]
  }
}
