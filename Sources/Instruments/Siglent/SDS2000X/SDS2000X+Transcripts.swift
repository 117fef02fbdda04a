import Capabilities
import Quantities

extension SDS2000X {
  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "arm channel 1 at 0.5 V, 1 µs between samples",
        source:
          "instrument model notes, section 6; command words as the SDS series programming guide is quoted",
        exchanges: [
          .init(":TRIG:STOP"),
          .init(":CHAN1:SWIT ON"), .init(":CHAN2:SWIT OFF"), .init(":CHAN3:SWIT OFF"),
          .init(":CHAN4:SWIT OFF"),
          .init(":CHAN1:COUP DC"), .init(":CHAN1:INV OFF"), .init(":CHAN1:BWL FULL"),
          .init(":ACQ:TYPE NORM"), .init(":ACQ:SEQ OFF"),
          .init(":CHAN1:SCAL 5.0000E-01"), .init(":CHAN1:SCAL?", "5.0000E-01"),
          .init(":CHAN1:OFFS -1.5000E+00"), .init(":CHAN1:OFFS?", "-1.5000E+00"),
          .init(":ACQ:MDEP 20k"),
          .init(":TIM:SCAL 2.0000E-03"), .init(":TIM:SCAL?", "2.0000E-03"),
          .init(":TIM:DEL 0.0000E+00"), .init(":TIM:DEL?", "0.0000E+00"),
          .init(":TRIG:TYPE EDGE"),
          .init(":TRIG:EDGE:SOUR C1"),
          .init(":TRIG:EDGE:SLOP RIS"),
          .init(":TRIG:EDGE:LEV 5.0000E-01"), .init(":TRIG:EDGE:LEV?", "5.0000E-01"),
          .init(":ACQ:SRAT?", "1.0000E+06"),
          .init(":TRIG:MODE SINGLE"),
          .init(":TRIG:STAT?", "Ready"),
        ],
        action: {
          try await ($0 as! any PulseRecorder)
            .arm(channel: 1, triggerLevel: .volts(0.5), sampleInterval: .seconds(1e-6), samples: 1000)
        }),
      Transcript(
        title: "stop recording", source: "instrument model notes, section 6: trigger states",
        exchanges: [
          .init(":TRIG:STOP"),
          .init(":TRIG:STAT?", "Stop"),
        ],
        action: { _ = await $0.makeSafe() }),
    ]
  }
}
