import Foundation
import Model
import Rigging
import Testing

/// The four workflows on good units of all kinds. The long phases (every cell, real recovery times) are left out here;
/// `make validation` runs everything.
@Suite struct WorkflowScenarios {
  /// Phases that take more than a second to simulate in a debug build; incoming inspection has none.
  static func long(_ procedure: String) -> [String] {
    guard procedure != "incoming-electrical" else { return [] }
    return [
      "voltage", "sensors", "thresholds", "thresholds-temperature", "settings", "supply", "dormancy",
      "continuous",
      "balancing", "modelled", "restarts", "stress",
    ]
  }

  @Test(arguments: ["incoming-electrical", "warranty-verification", "design-validation"], Chemistry.allCases)
  func `a good unit of every chemistry passes`(procedure: String, chemistry: Chemistry) throws {
    let result = try Scenario(
      seed: 3, chemistry: chemistry, procedure: procedure, without: Self.long(procedure)
    ).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.record.safeStateConfirmed)
  }

  @Test(arguments: [
    ("incoming-electrical", Chemistry.lfp, 16), ("warranty-verification", .ncm, 20),
    ("design-validation", .lto, 20),
  ])
  func `a good unit with fewer strings passes`(procedure: String, chemistry: Chemistry, cells: Int) throws {
    let result = try Scenario(
      seed: 4, chemistry: chemistry, cellCount: cells, procedure: procedure, without: Self.long(procedure)
    ).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
  }

  @Test(arguments: [200, 250])
  func `a sister variant is tested against its own specification`(amperes: Int) throws {
    let result = try Scenario(model: "EK-B24S8E\(amperes)A").run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.record.header.model == "EK-B24S8E\(amperes)A")
    #expect(result.record.unit?.model == "EK-B24S8E\(amperes)A")
    let limit = result.record.measurements.first {
      $0.name == "default" && $0.channel == "charge-overcurrent"
    }?.limit
    #expect(limit?.expected == "\(amperes) A")
  }

  /// 30 mV low is outside the line's window and inside the band that the vendor prints.
  @Test(arguments: [("incoming-electrical", Verdict.fail), ("warranty-verification", .pass)])
  func `the vendor's band is what a returned unit is held to`(procedure: String, verdict: Verdict) throws {
    var scenario = Scenario(unitFile: "low-overcharge-threshold", procedure: procedure)
    scenario.without = [
      "unpowered", "accuracy", "wiring", "balancing", "idle", "temperature", "sensors", "current", "stress",
    ]
    let result = try scenario.run()
    #expect(result.verdict == verdict, "\(result.complaints)")
  }

  /// What a customer has set is no defect.
  @Test func `settings of the customer are evidence and no failure`() throws {
    var scenario = Scenario(procedure: "warranty-verification")
    scenario.without = [
      "accuracy", "wiring", "voltage", "temperature", "sensors", "current", "balancing", "stress", "idle",
    ]
    scenario.unitText = "settings: {charge-overcurrent: 150 A}\n"
    let result = try scenario.run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    let shown = result.record.measurements.first {
      $0.name == "default" && $0.channel == "charge-overcurrent"
    }
    #expect(shown?.observation == .text("150 A"))
  }

  /// Nothing may be written to a returned unit before its settings are archived.
  @Test func `warranty archives before it writes`() throws {
    let run = Scenario(procedure: "warranty-verification").checkedRun
    let kinds = run.plan.phases.flatMap(\.steps).map(\.kind)
    let archive = try #require(kinds.firstIndex(of: "settings-archive"))
    #expect(Set(kinds[..<archive]).isSubset(of: ["contact-check", "power-up", "identity", "rig-self-test"]))
  }

  @Test(arguments: [16, 17, 18, 19]) func `short LTO packs are refused`(cells: Int) {
    let request = Scenario(chemistry: .lto, cellCount: cells, procedure: "incoming-electrical").request
    let (run, findings) = Preflight.check(request)
    #expect(run == nil)
    #expect(findings.map(\.message).contains { $0.contains("SPEC-PWR-02") }, "\(findings)")
  }

  @Test func `an unknown model names those that exist`() {
    let (run, findings) = Preflight.check(Scenario(model: "EK-B24S8E400A").request)
    #expect(run == nil)
    #expect(findings.map(\.suggestion).contains { $0.contains("EK-B24S8E") }, "\(findings)")
  }

  @Test(arguments: [
    ("chemistry: NCM", "run with --chemistry NCM"), ("cells: 20", "run with --cells 20"),
    ("rating: 250 A", "the --model of that rating"),
  ])
  func `a unit file of another unit is refused`(line: String, remedy: String) throws {
    let path = FileManager.default.temporaryDirectory.path + "/bmsrig-unit-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "unit: other\n\(line)\n".write(toFile: path, atomically: true, encoding: .utf8)
    var request = Scenario().request
    request.unitFilePath = path
    let (run, findings) = Preflight.check(request)
    #expect(run == nil)
    #expect(findings.map(\.place.line) == [2])
    #expect(findings.first?.suggestion.contains(remedy) == true, "\(findings)")
  }
}
