import Capabilities
import Quantities

extension SDS2000X {
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "stop recording", source: "\"Instrument models\" section 6: trigger states",
        exchanges: [
          .init(":TRIG:STOP"),
          .init(":TRIG:STAT?", "Stop"),
        ],
        action: { _ = await $0.makeSafe() })
    ]
  }
}
