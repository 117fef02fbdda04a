import Model
import Quantities

extension SampleRun {
  var header: RunHeader {
    let isHostile = story == .hostile
    func document(_ name: String) -> DocumentReference {
      DocumentReference(name: name, revision: "7", contentHash: SHA256.hex(of: Array(name.utf8)))
    }
    let unit = isHostile ? Self.hostile : "EK300A2611000042"
    return RunHeader(
      run: isHostile ? "hostile-1" : "\(unit)-2", unit: unit, model: "EK-B24S8E300A", chemistry: .ncm,
      cellCount: 24,
      workflow: .endOfLine, procedure: document("end-of-line"),
      procedureTitle: isHostile ? Self.hostile : "End of line, NCM 24 cells", rig: document("bench-2"),
      rigTitle: "Bench 2, hall B", specification: document("ek-b24s8e300a"), unitFile: nil,
      document: "EK-B24S8E300A manual V1.01, 2025-05-17",
      criticalRule: DecisionRule(name: "guard band w = U", guardFactor: 1),
      otherRule: DecisionRule(name: "95 % conformance, w = 0.83 U", guardFactor: 0.83),
      seed: 18_446_744_073_709_551_615,
      program: "bmsrig 0.3.0 (4f2c19a)", startedAt: "2026-11-22T10:14:03Z", expectedSeconds: 95,
      instruments: instruments)
  }

  private var instruments: [RigInstrument] {
    [
      RigInstrument(
        name: "emulator", driver: "ngi-n83624", address: "tcp://192.168.10.21:7000", serial: "N8362400173",
        calibration: .init(certificate: "DKD-26-1188", date: "2026-03-02", due: "2027-03-02"),
        uncertainty: ["voltage": AnyQuantity(0.0005, .voltage), "current": AnyQuantity(0.01, .current)]),
      RigInstrument(
        name: "dmm", driver: "keysight-daq970a",
        address: story == .pass ? "sim://dmm" : "tcp://192.168.10.22:5025",
        serial: "MY59001234",
        calibration: .init(
          certificate: "DKD-25-0417", date: "2025-11-10", due: story == .error ? "2026-11-10" : "2026-12-10")),
      RigInstrument(
        name: "relays", driver: "gpio", address: "gpio://gpiochip0", serial: "REL-04", calibration: nil),
    ]
  }

  static func settings(_ moment: SettingsSnapshot.Moment) -> SettingsSnapshot {
    let testing = moment == .underTest
    let values: [(String, String)] = [
      ("Battery type", "NCM"), ("Number of cells", "24"), ("Overcharge protection", "4.200 V"),
      ("Overcharge recovery", "4.000 V"), ("Over-discharge protection", "2.900 V"),
      ("Over-discharge recovery", "3.100 V"), ("Balance start difference", testing ? "1 mV" : "5 mV"),
      ("Balance current", "4.0 A"), ("Charge current limit", "300 A"),
      ("Discharge current limit", testing ? "60 A" : "120 A"), ("Charge temperature limit", "70 °C"),
      ("Switch password", "••••"),
    ]
    return SettingsSnapshot(
      moment: moment, frameHex: String(repeating: testing ? "55aaeb90" : "55aaeb91", count: 40),
      values: values.map { .init(name: $0.0, text: $0.1) })
  }

  /// A staircase of voltage until the charge path opens.
  static var tripTrace: Trace {
    let times = (0..<240).map { Double($0) * 0.05 }
    let stimulus = times.map { 4.15 + 0.004 * ($0 / 0.6).rounded(.down) }
    let telemetry = stimulus.enumerated().map { $0.element + 0.0012 * Double(($0.offset * 37) % 5 - 2) / 2 }
    return Trace(
      step: "overcharge", title: "Overcharge of cell 7",
      series: [
        .init(name: "stimulus", dimension: .voltage, times: times, values: stimulus, steps: true),
        .init(name: "telemetry", dimension: .voltage, times: times, values: telemetry),
        .init(
          name: "loop current", dimension: .current, times: times, values: times.map { $0 < 8.6 ? 2.0 : 0.0 }),
        .init(
          name: "charge path", dimension: .count, times: [0, 8.6, 11.95], values: [1, 0, 0], steps: true),
      ])
  }

  /// Ten thousand points: more than a page can show.
  static var pulseTrace: Trace {
    let times = (0..<10_000).map { 0.2 + Double($0) * 1e-8 }
    let values = times.map { time -> Double in
      let t = (time - 0.2) * 1e6
      return t < 10 ? 0 : t < 48 ? 1150 * (1 - 1 / (1 + (t - 10) / 6)) : max(0, 990 - (t - 48) * 160)
    }
    return Trace(
      step: "short", title: "Short circuit",
      series: [.init(name: "current", dimension: .current, times: times, values: values)])
  }
}
