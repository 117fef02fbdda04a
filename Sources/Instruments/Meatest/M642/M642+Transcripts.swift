import Capabilities
import Quantities

extension M642 {
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "set 10 kΩ and connect it", source: "instrument model notes, section 7: :RES, :OUTP",
        exchanges: [
          .init(":RES 10000"),
          .init("SYST:ERR?", "0,No Error"),
          .init(":RES?", "10000.000"),
          .init(":OUTP ON"),
          .init("SYST:ERR?", "0,No Error"),
          .init(":OUTP?", "1"),
        ],
        action: { try await ($0 as! any ThermistorSimulator).setResistance(.ohms(10_000), channel: 1) }),
      Transcript(
        title: "open the terminals", source: "instrument model notes, section 7",
        exchanges: [
          .init(":OUTP OFF"),
          .init("SYST:ERR?", "0,No Error"),
          .init(":OUTP?", "0"),
        ],
        action: { try await ($0 as! any ThermistorSimulator).setOpen(channel: 1) }),
    ]
  }
}
