import Capabilities
import Quantities

extension N83624 {
  private static let all = "(@" + (1...24).map(String.init).joined(separator: ",") + ")"
  private static func repeated(_ text: String) -> String {
    Array(repeating: text, count: 24).joined(separator: ",")
  }

  /// Opening with everything at its power-on setting.
  private static var opening: [Transcript.Exchange] {
    [
      .init("*IDN?", "NGI,N83624,0,V1.12"),
      .init("OUTP:STAT?\(all)", repeated("65536")),
      .init("OUTP:MODE?\(all)", repeated("0")),
      .init("SOUR:RANG?\(all)", repeated("0")),
    ]
  }

  static var transcripts: [Transcript] {
    [
      Transcript(
        title: "open", source: "SCPI guide V20240130: identity, status table, mode and range",
        exchanges: opening
      ) { _ = try await $0.open() },
      Transcript(
        title: "set two voltages in one message, read back, switch on, off",
        source: "SCPI guide V20240130: list without comma, ';:' returns to the root, currents in mA",
        options: ["gap": "20 ms"],
        exchanges: opening + [
          .init("SOUR:VOLT 3.3000(@1,3);:SOUR:VOLT 3.4500(@2)"),
          .init("SOUR:VOLT?(@1,2,3)", "3.3000,3.4500,3.3000"),
          .init("SOUR:OUTCURR 100.0(@1,2,3)"),
          .init("SOUR:OUTCURR?(@1,2,3)", "100.00,100.00,100.00"),
          .init("OUTP:ONOFF 1(@1,2,3)"),
          .init("OUTP:STAT?(@1,2,3)", "65537,65537,65537"),
          // Within the gap, which may lose it, and again after it.
          .init("OUTP:ONOFF 0\(all)"), .init("OUTP:ONOFF 0\(all)"),
          .init("OUTP:STAT?\(all)", repeated("65536")),
        ]
      ) { instrument in
        guard let emulator = instrument as? N83624 else { return }
        _ = try await emulator.open()
        // The read-back asks in the order of the caller's set points.
        try await emulator.setVoltages([
          (channel: 1, voltage: .volts(3.3)), (channel: 2, voltage: .volts(3.45)),
          (channel: 3, voltage: .volts(3.3)),
        ])
        try await emulator.setCurrentLimit(.milliamperes(100), channels: [1, 2, 3])
        try await emulator.setOutputs(true, channels: [1, 2, 3])
        _ = await emulator.makeSafe()
      },
    ]
  }
}
