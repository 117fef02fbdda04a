import Model
import Quantities

/// Foundation has a type of that name, too.
typealias Measurement = Model.Measurement

/// Runs that never happened, rich enough to show everything a report can show.
final class SampleRun {
  enum Story: String, CaseIterable { case pass, fail, inconclusive, error, aborted, hostile }

  let story: Story
  private(set) var events: [RunEvent] = []
  private var seconds = 0.0

  init(_ story: Story) {
    self.story = story
    build()
  }

  var record: RunRecord { RunRecord(folding: events)! }

  /// What an attacker, or a broken label printer, would put into a text.
  static let hostile = "<script>alert('x')</script>\u{1B}[2J\u{202E}&\""

  private func add(_ body: RunEvent.Body, after delay: Double = 0.05) {
    seconds += delay
    events.append(
      RunEvent(sequence: events.count, nanoseconds: Int64((seconds * 1e9).rounded()), body: body))
  }

  private func build() {
    add(.runStarted(header), after: 0)
    for instrument in header.instruments {
      add(
        .instrumentIdentified(
          InstrumentIdentity(
            name: instrument.name, maker: "Maker", model: instrument.driver.uppercased(),
            serial: instrument.serial,
            firmware: "1.2\(story == .hostile ? Self.hostile : "")")))
    }
    phase("prepare", "Preparation") { $0.prepare() }
    if story != .error { phase("accuracy", "Measuring accuracy") { $0.accuracy() } }
    if story != .error, story != .aborted { phase("protection", "Protection") { $0.protection() } }
    if story == .error || story == .aborted { phase("accuracy", "Measuring accuracy") { $0.breakDown() } }
    phase("close", "Settings back") { $0.close() }
    finish()
  }

  private func phase(_ name: String, _ title: String, _ body: (SampleRun) -> Void) {
    add(.phaseStarted(name: name, title: title))
    body(self)
    add(.phaseEnded(name: name))
  }

  private func step(
    _ id: String, _ kind: String, _ title: String, phase: String, declared: [String] = [],
    _ body: (SampleRun) -> Void
  ) {
    add(.stepStarted(step: id, kind: kind, title: title, phase: phase, declared: declared))
    body(self)
    add(.stepEnded(step: id, failed: false))
  }

  private func prepare() {
    step("contact", "contact-check", "Contacts of the connectors", phase: "prepare") {
      $0.measure("contact", "node-resistance", 0.018, .resistance, high: 0.05, u: 0.002, id: "SPEC-CON-04")
      $0.measure("contact", "reverse-leakage", 1.4e-6, .current, high: 5e-6, u: 2e-7, id: "SPEC-CON-05")
    }
    step("identity", "identity", "Identity of the unit", phase: "prepare") {
      $0.add(.unitIdentified(unit))
      $0.text("identity", "model", "EK-B24S8E300A", "SPEC-ID-01")
      $0.text("identity", "software", "V1.07", "SPEC-ID-03")
      $0.add(.settings(SampleRun.settings(.asReceived)))
      $0.add(
        .answered(
          Answer(
            step: "identity", prompt: "kit-screws", question: "How many screws are in the box?",
            answer: story == .hostile ? Self.hostile : "4", person: "M. Weber", origin: "terminal", date: ""))
      )
      $0.measure("identity", "signal", -61, .signalLevel, outcome: .information)
      $0.measure("identity", "pack-current", nil, .current, outcome: .notApplicable)
    }
  }

  private func accuracy() {
    for (id, title, nominal) in [
      ("accuracy-low", "Cell voltages at 2.9 V", 2.9), ("accuracy-mid", "Cell voltages at 3.65 V", 3.65),
      ("accuracy-high", "Cell voltages at 4.15 V", 4.15),
    ] {
      step(id, "accuracy", title, phase: "accuracy", declared: ["cell-error"]) { run in
        run.add(.note(step: id, text: "24 cells at \(nominal) V, 8 readings each after 0.4 s of settling"))
        for cell in 1...24 {
          var error = 0.0016 * pseudoRandom(cell * 7 + Int(nominal * 100))
          if run.story == .fail, cell == 7 { error += id == "accuracy-high" ? 0.0073 : 0.0031 }
          if run.story == .inconclusive, cell == 19, id == "accuracy-high" { error = 0.0047 }
          run.measure(
            id, "cell-error", error, .voltage, low: -0.005, high: 0.005, u: 0.0008, id: "SPEC-VM-01",
            channel: "cell \(cell)", basis: .project, source: "±5 mV in production, conflict C-08")
        }
      }
    }
  }

  private func protection() {
    step("overcharge", "threshold", "Overcharge protection trips and releases", phase: "protection") { run in
      run.measure(
        "overcharge", "trip-voltage", run.story == .fail ? 4.2312 : 4.1987, .voltage, low: 4.185, high: 4.215,
        u: 0.0012, id: "SPEC-OVP-01", channel: "cell 7", basis: .vendor, source: "manual section 2, NCM")
      run.measure(
        "overcharge", "release-voltage", 4.0031, .voltage, low: 3.985, high: 4.015, u: 0.0012,
        id: "SPEC-OVP-11",
        channel: "cell 7", basis: .vendor, source: "manual section 2, NCM")
      run.measure("overcharge", "delay", 1.08, .time, high: 2, u: 0.01, id: "SPEC-OVP-03", channel: "cell 7")
      run.add(.trace(SampleRun.tripTrace), after: 8)
    }
    step("short", "short-circuit", "Short circuit is cut", phase: "protection") { run in
      run.measure(
        "short", "cut-off-time", 38e-6, .time, high: 50e-6, u: 1.2e-6, id: "SPEC-SCP-01", basis: .vendor,
        source: "manual section 7.1-3")
      run.add(.trace(SampleRun.pulseTrace))
    }
    step("balance", "balance", "Active balancing moves charge", phase: "protection") { run in
      run.measure("balance", "current", 3.92, .current, low: 3.6, high: 4.4, u: 0.02, id: "SPEC-BAL-02")
      run.measure("balance", "efficiency", 0.873, .ratio, low: 0.8, high: nil, u: 0.006, id: "SPEC-BAL-07")
      if run.story == .inconclusive {
        run.measure("balance", "rest-spread", nil, .voltage, outcome: .notMeasured, id: "SPEC-BAL-05")
      }
    }
  }

  private func breakDown() {
    add(
      .stepStarted(
        step: "accuracy-mid", kind: "accuracy", title: "Cell voltages at 3.65 V", phase: "accuracy",
        declared: ["cell-error", "cell-spread"]))
    measure(
      "accuracy-mid", "cell-error", 0.0009, .voltage, low: -0.005, high: 0.005, u: 0.0008, id: "SPEC-VM-01",
      channel: "cell 1")
    if story == .error {
      add(
        .rigError(
          step: "accuracy-mid", instrument: "dmm",
          message:
            "no answer to 'READ?' within 2 s; the last bytes were '+3.6'. Check the LAN cable and the address."
        ),
        after: 2)
    } else {
      add(.stopRequested(reason: "the cover was opened"), after: 1)
    }
  }

  private func close() {
    step("restore", "restore-settings", "Settings as received", phase: "close") {
      var restored = SampleRun.settings(.restored)
      if story == .fail {
        restored.values[2].text = "4.250 V"
        restored.frameHex = "aa5501" + restored.frameHex.dropFirst(6)
      }
      $0.add(.settings(SampleRun.settings(.underTest)))
      $0.add(.settings(restored), after: 1.2)
    }
  }

  private func finish() {
    let confirmed = story != .error
    add(
      .safeState(
        SafeStateResult(entries: [
          .init(action: "loop-off", confirmed: true, message: "0.02 A"),
          .init(action: "open-loop-contactor", confirmed: true, message: "mirror contact open"),
          .init(action: "cells-to-rest", confirmed: true, message: "24 outputs off"),
          .init(
            action: "terminals-dead", confirmed: confirmed,
            message: confirmed ? "B 0.4 V, P 0.1 V" : "the voltmeter does not answer"),
        ])), after: 0.8)
    let ends: [Story: (Verdict, String)] = [
      .pass: (.pass, "every measurement is inside its limits"),
      .fail: (.fail, "2 measurements are outside their limits"),
      .inconclusive: (.inconclusive, "one value in the guard band, one not measured"),
      .error: (.error, "instrument dmm stopped answering"), .aborted: (.aborted, "the cover was opened"),
      .hostile: (.fail, Self.hostile),
    ]
    let (verdict, reason) = ends[story]!
    add(.runEnded(verdict: verdict, reason: reason, safeStateConfirmed: confirmed))
  }

  // MARK: - Pieces

  private func measure(
    _ step: String, _ name: String, _ value: Double?, _ dimension: Dimension, low: Double? = nil,
    high: Double? = nil, u: Double? = nil, outcome: Outcome? = nil, id: String = "", channel: String = "",
    basis: LimitBasis = .project, source: String = "our default: the manual is silent"
  ) {
    let limit =
      id.isEmpty
      ? nil
      : ResolvedLimit(
        id: name, title: story == .hostile ? Self.hostile : name.replacing("-", with: " "), requirement: id,
        also: id == "SPEC-OVP-01" ? ["SPEC-OVP-22"] : [], basis: basis, source: source, low: low, high: high,
        conflicts: id == "SPEC-VM-01"
          ? [ConflictDecision(id: "C-08", decision: "errors count against 1 mV, five at the end of the line")]
          : [])
    let rule = DecisionRule(name: "guard band w = U", guardFactor: 1)
    add(
      .measured(
        Measurement(
          step: step, name: name, channel: channel, dimension: dimension,
          observation: value.map { .init(reading: $0) } ?? .missing("no answer from the unit"),
          uncertainty: u,
          limit: limit, rule: limit == nil ? nil : rule,
          outcome: outcome ?? judge(value ?? 0, low, high, u ?? 0), instruments: ["dmm", "unit"], at: seconds)
      ))
  }

  private func judge(_ value: Double, _ low: Double?, _ high: Double?, _ u: Double) -> Outcome {
    let excess = max(low.map { $0 - value } ?? -1, high.map { value - $0 } ?? -1)
    return excess > u ? .fail : excess > -u ? .inconclusive : .pass
  }

  private func text(_ step: String, _ name: String, _ words: String, _ requirement: String) {
    let shown = story == .hostile ? Self.hostile : words
    add(
      .measured(
        Measurement(
          step: step, name: name, dimension: nil, observation: .text(shown),
          limit: ResolvedLimit(
            id: name, title: name, requirement: requirement, basis: .project, source: "order", expected: words
          ),
          outcome: shown == words ? .pass : .fail, instruments: ["unit"], at: seconds)))
  }

  private var unit: UnitIdentity {
    UnitIdentity(
      model: "EK-B24S8E300A", hardware: "V1.2", software: "V1.07", protocolVersion: "2",
      productionDate: "2026-10-30",
      deviceID: "260430118842", name: story == .hostile ? Self.hostile : "EK-BMS-8842", powerOnCount: 3,
      runtimeSeconds: 5412)
  }

  /// A number from −1 to 1 that is the same on every machine.
  private func pseudoRandom(_ seed: Int) -> Double {
    let mixed = UInt64(truncatingIfNeeded: seed) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(mixed >> 11) / Double(1 << 53) * 2 - 1
  }
}
