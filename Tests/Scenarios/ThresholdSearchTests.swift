import Model
import Testing

/// Searching thresholds on simulated units whose thresholds are known.
@Suite struct ThresholdSearchTests {
  private func step(_ quantity: String, _ method: String, limit: String, more: String = "") -> SmallProcedure
  {
    let kind =
      quantity.contains("temperature")
      ? "temperature" : quantity.contains("current") ? "current" : "voltage"
    return SmallProcedure(
      steps: """
        - step: threshold-search
          id: search
          title: Search
          quantity: \(quantity)
          method: \(method)
          cells: [first]
          \(more)
          measure: {threshold-\(kind): \(limit), trips: information, delay: information, cause: information,
            keeps-running: keeps-running}
        """)
  }

  @Test(arguments: [
    ("overcharge", "ovp-trip", "staircase"), ("overcharge", "ovp-trip", "ramp"),
    ("overcharge", "ovp-trip", "bisection"), ("over-discharge", "uvp-trip", "predictive"),
    ("overcharge-recovery", "ovp-recover", "bisection"),
    ("over-discharge-recovery", "uvp-recover", "staircase"),
  ])
  func `every method finds a cell threshold where the unit has it`(
    quantity: String, limit: String, method: String
  ) throws {
    // The channel reads 4 mV too much, so the unit acts 4 mV before its setting.
    let result = try step(quantity, method, limit: limit).run(
      unit: "seed: 3\nchannels: {1: {offset: 4 mV, gain: 1, noise: 0.1 mV}}")
    #expect(result.verdict == .pass, "\(result.complaints)")
    let truth = ["ovp-trip": 3.646, "ovp-recover": 3.446, "uvp-trip": 2.596, "uvp-recover": 2.896]
    let found = try #require(result.named("threshold-voltage").first)
    guard case .number(let value) = found.observation, let u = found.uncertainty else {
      Issue.record("\(found)")
      return
    }
    #expect((value - truth[limit]!).magnitude <= u + 0.000_3, "\(value) ± \(u)")
    #expect(u < 0.005)
    #expect(result.named("keeps-running").map(\.outcome) == [.pass])
    #expect(!result.outcome.record.traces.filter { $0.step == "search" }.isEmpty)
  }

  @Test(arguments: [
    ("discharge-overcurrent", "doc-trip"), ("charge-overtemperature", "otc-trip"),
    ("charge-undertemperature-recovery", "utc-recover"), ("discharge-undertemperature", "utd-trip"),
  ])
  func `currents and temperatures of a good unit pass`(quantity: String, limit: String) throws {
    var procedure = step(quantity, "staircase", limit: limit)
    let fast = """
      - step: settings-write
        id: fast
        title: Short delays
        measure: {written: settings-written}
        settings:
          charge-overcurrent: 60 A
          charge-overcurrent-delay: 1 s
          charge-overcurrent-recovery: 2 s
          discharge-overcurrent: 60 A
          discharge-overcurrent-delay: 1 s
          discharge-overcurrent-recovery: 2 s

      """
    procedure = SmallProcedure(steps: fast + procedure.steps)
    let result = try procedure.run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.named("trips").map(\.observation) == [.flag(true)])
  }

  @Test func `each temperature input trips by itself, and a dead one is named`() throws {
    let steps = """
      - step: threshold-search
        id: sensors
        title: Sensors
        quantity: charge-overtemperature
        method: bracket
        sensors: [all]
        measure: {holds: otc-trip-bracket, trips: sensor-trips, delay: temperature-delay, keeps-running: keeps-running}
      """
    let good = try SmallProcedure(steps: steps).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    #expect(good.named("trips").map(\.channel) == ["NTC 1", "NTC 2", "NTC 3", "NTC 4"])
    let deaf = try SmallProcedure(steps: steps).run(unit: "ntc: {3: {input: 4}}")
    #expect(deaf.failedRequirements.contains("SPEC-TMP-21"), "\(deaf.complaints)")
    #expect(deaf.named("trips").filter { $0.outcome == .fail }.map(\.channel) == ["NTC 3"])
  }

  @Test(arguments: ["staircase", "ramp"])
  func `a threshold outside its window fails, with a bound when it was not reached`(method: String) throws {
    for offset in ["-30 mV", "40 mV"] {
      let result = try step("overcharge", method, limit: "ovp-trip").run(
        unit: "protections: {overcharge: {threshold-offset: \(offset)}}")
      #expect(result.failedRequirements == ["SPEC-OVP-02"], "\(offset): \(result.complaints)")
    }
  }

  @Test func `a unit that restarts instead of protecting is named, and no trip is counted`() throws {
    let result = try step("overcharge", "staircase", limit: "ovp-trip").run(
      unit: "protections: {restart-on-trip: true}")
    #expect(result.failedRequirements == ["SPEC-MEAS-06"], "\(result.complaints)")
    #expect(result.verdict == .fail)
    #expect(result.named("threshold-voltage").allSatisfy { $0.outcome == .notMeasured })
    #expect(result.named("trips").allSatisfy { $0.observation != .flag(true) })
  }

  private static let follows = """
    - step: threshold-follows-setting
      id: follows
      title: Follows
      quantity: overcharge
      method: bisection
      cells: [first]
      resolution: 0.5 mV
      shift: 100 mV
      measure: {slope: threshold-slope, deviation: threshold-deviation, keeps-running: keeps-running}
    """

  @Test func `the threshold follows its setting, and one that does not fails`() throws {
    let good = try SmallProcedure(steps: Self.follows).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    let stuck = try SmallProcedure(steps: Self.follows).run(
      unit: "protections: {overcharge: {threshold-scale: 0.95, threshold-offset: 182.5 mV}}")
    #expect(stuck.failedRequirements == ["SPEC-OVP-24"], "\(stuck.complaints)")
    #expect(stuck.named("restored").map(\.outcome) == [.pass])
  }

  @Test func `the same seed gives the same journal`() throws {
    let procedure = step("overcharge", "predictive", limit: "ovp-trip")
    let (a, b) = (try procedure.run(seed: 4), try procedure.run(seed: 4))
    #expect(a.outcome.journalHead == b.outcome.journalHead)
  }
}
