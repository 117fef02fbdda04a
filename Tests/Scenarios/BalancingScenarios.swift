import Model
import Testing

/// The balancing steps one by one: good units pass, each defect fails at its own requirement and nowhere else.
@Suite struct BalancingScenarios {
  static let kinds = [
    "balance-thresholds", "balance-current", "balance-switch", "balance-inhibit", "transfer-capacity",
    "over-balance",
  ]

  @Test(arguments: kinds) func `a good unit passes`(_ kind: String) throws {
    let result = try BalancingBench(kind: kind, seed: 4).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test(arguments: kinds, [(Chemistry.ncm, 16), (.lto, 20)])
  func `good units of other chemistries pass`(_ kind: String, _ pack: (Chemistry, Int)) throws {
    // Cells of titanate balance only above 2.4 V, far up their curve.
    let isHigh = kind == "over-balance" && pack.0 == .lto
    let result = try BalancingBench(
      kind: kind, parameters: isHigh ? ["state-of-charge: 85 %"] : [], chemistry: pack.0, cells: pack.1,
      seed: 8
    ).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
  }

  struct Defect: CustomTestStringConvertible, Sendable {
    let kind: String
    let balancer: String
    let requirement: String
    var parameters: [String] = []
    var testDescription: String { "\(kind) \(balancer)" }
  }

  static let onePoint = ["currents: [4 A]", "differences: [10 mV, 300 mV]"]
  static let oneDifference = ["start-differences: [10 mV]"]

  static let defects = [
    Defect(
      kind: "balance-thresholds", balancer: "start-difference-error: 5 mV", requirement: "SPEC-BAL-07",
      parameters: oneDifference),
    Defect(
      kind: "balance-thresholds", balancer: "start-difference-error: -4 mV", requirement: "SPEC-BAL-07",
      parameters: oneDifference + ["voltages: none"]),
    Defect(
      kind: "balance-thresholds", balancer: "stop-difference-error: 5 mV", requirement: "SPEC-BAL-08",
      parameters: oneDifference + ["voltages: none"]),
    Defect(
      kind: "balance-thresholds", balancer: "stops: false", requirement: "SPEC-BAL-08",
      parameters: oneDifference + ["voltages: none"]),
    Defect(
      kind: "balance-thresholds", balancer: "start-voltage-error: 20 mV", requirement: "SPEC-BAL-09",
      parameters: oneDifference),
    Defect(
      kind: "balance-thresholds", balancer: "ignores-voltage: true", requirement: "SPEC-BAL-09",
      parameters: oneDifference),
    Defect(
      kind: "balance-thresholds", balancer: "stop-voltage-error: -8 mV", requirement: "SPEC-BAL-10",
      parameters: oneDifference + ["voltage-window: 12 mV"]),
    Defect(
      kind: "balance-thresholds", balancer: "status-frozen: true", requirement: "SPEC-MEAS-08",
      parameters: oneDifference + ["voltages: none"]),
    Defect(
      kind: "balance-thresholds", balancer: "light-swapped: true", requirement: "SPEC-LED-03",
      parameters: oneDifference + ["voltages: none"]),
    Defect(
      kind: "balance-current", balancer: "current-factor: 0.5", requirement: "SPEC-BAL-01",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "current-factor: 0.97, current-per-volt: 0.25",
      requirement: "SPEC-BAL-02",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "neighbour-leak: 0.05", requirement: "SPEC-BAL-03",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "overlap: 1 s", requirement: "SPEC-BAL-04", parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "one-direction-only: true", requirement: "SPEC-BAL-04",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "phase-time: 6 s", requirement: "SPEC-BAL-05", parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "charge-phase-time: 1.2 s", requirement: "SPEC-BAL-05",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "telemetry-factor: 1.2", requirement: "SPEC-MEAS-05",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "telemetry-factor: -1", requirement: "SPEC-MEAS-05",
      parameters: onePoint),
    Defect(
      kind: "balance-current", balancer: "supercapacitor-alarm: true", requirement: "SPEC-BAL-18",
      parameters: onePoint),
    Defect(kind: "balance-switch", balancer: "ignores-switch: true", requirement: "SPEC-BAL-17"),
    Defect(kind: "balance-switch", balancer: "start-beep: false", requirement: "SPEC-BUZ-02"),
    Defect(kind: "balance-inhibit", balancer: "ignores-faults: true", requirement: "SPEC-BAL-16"),
    Defect(
      kind: "transfer-capacity", balancer: "phase-time: 6 s", requirement: "SPEC-BAL-06",
      parameters: ["currents: [4 A]"]),
    Defect(
      kind: "transfer-capacity", balancer: "efficiency: 0.72, phase-time: 3.6 s", requirement: "SPEC-BAL-06",
      parameters: ["currents: [4 A]"]),
    Defect(kind: "over-balance", balancer: "wait-factor: 0.5", requirement: "SPEC-BAL-13"),
    Defect(kind: "over-balance", balancer: "wait-factor: 0", requirement: "SPEC-BAL-13"),
    Defect(kind: "over-balance", balancer: "halving: false", requirement: "SPEC-BAL-14"),
    Defect(kind: "over-balance", balancer: "halving-factor: 0.7", requirement: "SPEC-BAL-14"),
    Defect(
      kind: "balance-convergence", balancer: "light-swapped: true", requirement: "SPEC-LED-03"),
    Defect(
      kind: "balance-convergence", balancer: "completion-beep: never", requirement: "SPEC-BUZ-03"),
    Defect(
      kind: "balance-convergence", balancer: "completion-delay-factor: 0.5", requirement: "SPEC-BUZ-03"),
    Defect(
      kind: "balance-convergence", balancer: "completion-beep: always", requirement: "SPEC-BUZ-08",
      parameters: ["buzzer: \"off\""]),
  ]

  @Test(arguments: defects) func `a defect fails at its own requirement`(_ defect: Defect) throws {
    let result = try BalancingBench(
      kind: defect.kind, parameters: defect.parameters, unit: "balancer: {\(defect.balancer)}"
    ).run()
    #expect(result.failed == [defect.requirement], "\(result.complaints)")
    #expect(result.verdict == .fail, "\(result.complaints)")
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test func `a balancer that is dead is not taken for one that a fault holds back`() throws {
    let result = try BalancingBench(
      kind: "balance-inhibit", parameters: ["faults: [hot, overcharge]"],
      unit: "balancer: {start-difference-error: 1 V}"
    ).run()
    #expect(result.verdict == .inconclusive, "\(result.complaints)")
    #expect(result.measurements("inhibited").map(\.outcome) == [.notMeasured, .notMeasured])
  }

  @Test func `a fault that the unit does not notice proves nothing about balancing`() throws {
    let result = try BalancingBench(
      kind: "balance-inhibit", parameters: ["faults: [string-count, hot]"],
      unit: "firmware: {count-check: false}"
    ).run()
    #expect(result.measurements("inhibited").map(\.outcome) == [.notMeasured, .pass], "\(result.complaints)")
  }

  @Test func `efficiency is the unit's own, whatever the leads of the rig lose`() throws {
    let result = try BalancingBench(
      kind: "transfer-capacity", parameters: ["currents: [1 A, 8 A]"],
      unit: "balancer: {efficiency: 0.88}"
    ).run()
    let found = result.numbers("efficiency")
    #expect(found.count == 2, "\(result.complaints)")
    #expect(found.allSatisfy { abs($0 - 0.88) < 0.01 }, "\(found)")
  }

  @Test func `completion without a beep is what the buzzer setting off asks for`() throws {
    let result = try BalancingBench(kind: "balance-convergence", parameters: ["buzzer: \"off\""]).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.numbers("beeps-when-off") == [0])
    #expect(result.measurements("complete-beep").map(\.outcome) == [.notApplicable])
  }

  @Test func `an emulator that answers too late is a rig error, not a unit that does not converge`() throws {
    let result = try BalancingBench(
      kind: "balance-convergence", parameters: ["gap-limit: 1 s"],
      rig: { rig in
        let index = rig.instruments.firstIndex { $0.name == "emulator" }!
        rig.instruments[index].simulated["fault"] = "late"
        rig.instruments[index].simulated["fault-after"] = "120"
        rig.instruments[index].simulated["late-by"] = "800 ms"
      }
    ).run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.failed.isEmpty, "\(result.complaints)")
    #expect(
      result.outcome.record.errors.contains {
        $0.instrument == "emulator" && $0.message.contains("stood still")
      },
      "\(result.complaints)")
  }
}
