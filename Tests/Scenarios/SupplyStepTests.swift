import Engine
import Model
import Ports
import Simulation
import Testing

@testable import Steps

/// Steps around supply, wiring and path: a good unit passes each, a unit with the defect fails its own requirement.
@Suite struct SupplyStepTests {
  static let kinds: [any StepKind.Type] = [
    MinimumSupply.self, DisorderedPowerOn.self, FirstCellStart.self, CrossedWires.self, LineResistance.self,
    Dormancy.self, SensorFault.self, OffLeakage.self, CellDifference.self, StringCountRange.self,
  ]

  static func sample(_ id: String) -> String { kinds.first { $0.id == id }!.sample }

  @Test(arguments: kinds.map { $0.id })
  func `a good unit passes`(_ id: String) throws {
    let result = try StepRun(steps: Self.sample(id)).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.record.errors.isEmpty)
    #expect(result.record.safeStateConfirmed)
    let step = try #require(result.record.steps.first { $0.kind == id })
    #expect(step.measurements.allSatisfy { [.pass, .information, .notApplicable].contains($0.outcome) })
    #expect(result.circuit.auxiliaryVoltage == 0)
  }

  @Test(arguments: [2, 3, 5, 8] as [UInt64])
  func `good units pass all of them in one run, the same way twice`(_ seed: UInt64) throws {
    let steps = Self.kinds.map { $0.sample }.joined(separator: "\n")
    let result = try StepRun(seed: seed, steps: steps).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    guard seed == 2 else { return }
    #expect(try StepRun(seed: seed, steps: steps).run().outcome.journalHead == result.outcome.journalHead)
  }

  @Test(arguments: [
    ("minimum-supply", Chemistry.ncm, 16), ("minimum-supply", .lto, 20), ("first-cell-start", .ncm, 24),
    ("first-cell-start", .lto, 24), ("first-cell-start", .lfp, 16), ("dormancy", .ncm, 20),
    ("dormancy", .lto, 24),
    ("cell-difference", .lto, 20), ("disordered-power-on", .lfp, 16), ("off-leakage", .ncm, 16),
  ])
  func `a good unit of another pack passes`(_ id: String, _ chemistry: Chemistry, _ cells: Int) throws {
    let result = try StepRun(chemistry: chemistry, cells: cells, seed: 4, steps: Self.sample(id)).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
  }

  @Test(arguments: [
    ("minimum-supply", "supply: {minimum: 27 V}", "starts-alone", "SPEC-PWR-04"),
    ("minimum-supply", "supply: {auxiliary: false}", "starts-with-auxiliary", "SPEC-PWR-04"),
    ("minimum-supply", "indicators: {green: dead}", "power-light", "SPEC-ALM-06"),
    ("disordered-power-on", "inputs: {clamp-leak: 0.7 A}", "node-current", "SPEC-PWR-06"),
    ("disordered-power-on", "supply: {inrush: 0.8 A}", "node-current", "SPEC-PWR-06"),
    ("disordered-power-on", "inputs: {order-damage: 4 mV}", "error-change", "SPEC-PWR-06"),
    ("first-cell-start", "balancer: {first-cell-minimum: 2.6 V}", "starts-above", "SPEC-PWR-05"),
    ("first-cell-start", "balancer: {first-cell-minimum: 2.2 V}", "idle-below", "SPEC-ALM-05"),
    ("crossed-wires", "firmware: {crossed-wire-detection: false}", "alarm", "SPEC-ALM-04"),
    ("crossed-wires", "inputs: {reverse-damage: 5 mV}", "error-change", "SPEC-ALM-04"),
    ("crossed-wires", "firmware: {alarm-delay: 12 s}", "alarm-time", "SPEC-ALM-04"),
    ("line-resistance", "firmware: {line-resistance-alarm: false}", "alarm", "SPEC-ALM-03"),
    ("line-resistance", "firmware: {line-resistance-limit: 2 Ω}", "alarm-level", "SPEC-ALM-03"),
    ("line-resistance", "channels: {5: {line-resistance: 150 mΩ}}", "line", "SPEC-ALM-03"),
    ("line-resistance", "firmware: {alarm-cell-error: 5}", "alarm-cell", "SPEC-COM-08"),
    ("dormancy", "supply: {dormancy: never}", "dormancy-time", "SPEC-UVP-22"),
    ("dormancy", "supply: {dormancy: wakes-by-itself}", "stays-off", "SPEC-UVP-22"),
    ("dormancy", "supply: {charger-wake: false}", "wake-time", "SPEC-UVP-22"),
    ("dormancy", "supply: {charger-wake-time: 8 s}", "wake-time", "SPEC-UVP-22"),
    ("dormancy", "supply: {dormant: 3 mA}", "dormant-current", "SPEC-FET-05"),
    ("sensor-fault", "firmware: {sensor-open-detection: false}", "reacts", "SPEC-TMP-22"),
    ("sensor-fault", "firmware: {sensor-short-detection: false}", "reacts", "SPEC-TMP-22"),
    ("sensor-fault", "sampling: {temperature-window: 80}", "reaction", "SPEC-TMP-22"),
    ("off-leakage", "path: {off-leakage: 5 mA}", "off-leakage", "SPEC-FET-03"),
    ("off-leakage", "path: {discharge-switch: stuck-on}", "off-leakage", "SPEC-FET-03"),
    ("string-count-range", "channels: {22: {phantom: 0.3 V}}", "unused", "SPEC-CON-05"),
    ("string-count-range", "channels: {22: {phantom: 0.8 V}}", "alarm-free", "SPEC-CON-06"),
    ("crossed-wires", "firmware: {alarm-clear-delay: 12 s}", "clear-time", "SPEC-ALM-01"),
    ("string-count-range", "channels: {3: {offset: 40 mV}}", "reads", "SPEC-PWR-01"),
  ])
  func `a unit with the defect fails`(_ id: String, _ defect: String, _ name: String, _ requirement: String)
    throws
  {
    let result = try StepRun(defect: defect, steps: Self.sample(id)).run()
    #expect(result.verdict == .fail, "\(result.complaints)")
    #expect(result.outcomes(name).contains(.fail), "\(result.complaints)")
    #expect(result.failedRequirements.contains(requirement), "\(result.complaints)")
    #expect(result.record.errors.isEmpty, "\(result.record.errors)")
    #expect(result.record.safeStateConfirmed)
  }

  @Test func `a missing cell-difference protection shows`() throws {
    let defect = "protections: {cell-difference: {enabled: false}}"
    let result = try StepRun(defect: defect, steps: CellDifference.sample).run()
    #expect(result.measurements("trips").map(\.observation) == [.flag(false)])
  }

  @Test func `a leakage relay that does not close is not taken for a tight path`() throws {
    let result = try StepRun(
      steps: OffLeakage.sample, arrange: { $0.circuit.stick(.leakage, active: false) }
    ).run()
    #expect(result.verdict == .inconclusive, "\(result.complaints)")
    #expect(result.outcomes("off-leakage") == [.notMeasured])
  }

  /// Power-up and archive take about 12 s: these stops fall into the steps.
  @Test(
    arguments: ["minimum-supply", "off-leakage", "line-resistance", "crossed-wires", "dormancy"],
    [13.0, 15.5, 19, 26, 33, 330])
  func `a stop leaves supply and fixture relays off and the settings restored`(
    _ id: String, _ seconds: Double
  ) throws {
    let result = try StepRun(
      steps: Self.sample(id),
      arrange: { world in
        world.schedule(at: .start + .seconds(seconds)) { world.requestStop(reason: "operator") }
      }
    ).run()
    #expect([.aborted, .pass].contains(result.verdict), "\(result.complaints)")
    #expect(result.outcomes("restored") == [.pass], "\(result.complaints)")
    #expect(result.record.safeStateConfirmed)
    #expect(result.circuit.auxiliaryVoltage == 0)
    let relays = [Relay.nodeCrossing, .leakage, .emulatorContactor] + (0..<5).map { Relay.lineResistor($0) }
    for relay in relays { #expect(!result.circuit.isActive(relay), "\(relay)") }
  }

  @Test func `the same seed gives the same order, another serial number another`() throws {
    var (a, b, c) = (
      OrderDraw(seed: 5, serial: "EK-1"), OrderDraw(seed: 5, serial: "EK-1"),
      OrderDraw(seed: 5, serial: "EK-2")
    )
    let nodes = Array(0...24)
    let order = a.shuffled(nodes)
    #expect(order == b.shuffled(nodes))
    #expect(order != c.shuffled(nodes))
    #expect(order.sorted() == nodes)
  }
}
