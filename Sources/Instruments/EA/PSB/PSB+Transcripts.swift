import Capabilities
import Quantities

extension PSB {
  /// As hex: frames of TCP with their transaction number, and of a serial line with their checksum.
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "24 V at 12 A over TCP: 20 971 and 5 243 of 52 428",
        source:
          "instrument model notes, section 2.1: registers 500 and 501, coil 402; the twin needs remote control",
        exchanges: [
          .init("0001000000060006 01f5 147b".packed, "0001000000060006 01f5 147b".packed),
          .init("0002000000060003 01f5 0001".packed, "0002000000050003 02 147b".packed),
          .init("0003000000060006 01f4 51eb".packed, "0003000000060006 01f4 51eb".packed),
          .init("0004000000060003 01f4 0001".packed, "0004000000050003 02 51eb".packed),
        ],
        prepare: ["0000000000060005 0192 ff00".packed],
        action: {
          try await ($0 as! any Supply).program(channel: 1, voltage: .volts(24), currentLimit: .amperes(12))
        }),
      Transcript(
        title: "the output off on a serial line, unit 0",
        source: "instrument protocol notes, section 14, for unit 0 on a serial line; coil 405",
        options: ["framing": "rtu"],
        exchanges: [
          .init("0005 0195 0000 ddcb".packed, "0005 0195 0000 ddcb".packed),
          .init("0001 0195 0001 edcb".packed, "0001 01 00 5074".packed),
        ],
        action: { try await ($0 as! any Supply).setOutput(false, channel: 1) }),
    ]
  }
}

extension String {
  /// Hex text without the spaces that make it readable.
  fileprivate var packed: String { filter { $0 != " " } }
}
