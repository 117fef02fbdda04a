import Capabilities

extension DAQ970A {
  private static var opening: [Transcript.Exchange] {
    [
      .init("*IDN?", "Keysight Technologies,DAQ970A,MY58012345,A.03.02-01.00-03.02-00.01"),
      .init("*CLS"),
      .init("SYST:ERR?", "+0,\"No error\""),
    ]
  }

  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "open and stop", source: "instrument model notes, sections 5.2 and 9 (error reply with sign)",
        exchanges: opening + [
          .init("ABOR"),
          .init("SYST:ERR?", "+0,\"No error\""),
        ],
        action: {
          _ = try await $0.open()
          _ = await $0.makeSafe()
        }),
      Transcript(
        title: "scan two inputs without voltage, listed in falling order",
        source: "instrument model notes, section 5.2: order of the set-up, block with the list, signed size",
        exchanges: opening + [
          .init("CONF:VOLT:DC AUTO,(@101:102)"),
          .init("SENS:VOLT:DC:NPLC 1,(@101:102)"),
          .init("ROUT:SCAN (@101:102)"),
          .init("FORM:READ:CHAN ON"),
          .init("TRIG:SOUR IMM"),
          .init("TRIG:COUN 1"),
          .init("SYST:ERR?", "+0,\"No error\""),
          .init("ROUT:SCAN?", "#210(@101,102)"),
          .init("ROUT:SCAN:SIZE?", "+2"),
          .init("READ?", "+1.10000000E-07,101,-2.30000000E-07,102"),
        ],
        action: { instrument in
          _ = try await instrument.open()
          _ = try await (instrument as! any Voltmeter).measureVoltages(channels: [102, 101])
        }),
      Transcript(
        title: "read two open four-wire resistors",
        source:
          "instrument model notes, section 5.2, with the FRES function of the programming guide's CONF table",
        exchanges: opening + [
          .init("CONF:FRES AUTO,(@101:102)"),
          .init("SENS:FRES:NPLC 1,(@101:102)"),
          .init("ROUT:SCAN (@101:102)"),
          .init("FORM:READ:CHAN ON"),
          .init("TRIG:SOUR IMM"),
          .init("TRIG:COUN 1"),
          .init("SYST:ERR?", "+0,\"No error\""),
          .init("ROUT:SCAN?", "#210(@101,102)"),
          .init("ROUT:SCAN:SIZE?", "+2"),
          .init("READ?", "+9.90000000E+37,101,+9.90000000E+37,102"),
        ],
        action: { instrument in
          _ = try await instrument.open()
          _ = try await (instrument as! any Ohmmeter).measureResistances(channels: [102, 101])
        }),
    ]
  }
}
