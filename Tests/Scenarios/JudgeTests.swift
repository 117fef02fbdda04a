import Foundation
import Model
import Store
import Testing

/// Old measurements under other limits.
@Suite struct JudgeTests {
  /// A desk with a finished run `U1-1`, all passed.
  func finished(steps: Int = 2) throws -> Desk {
    let desk = try Desk(steps: steps)
    let end = try desk.run()
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    return desk
  }

  func judge(_ desk: Desk, _ procedure: String = "procedure.yaml") throws -> Program.End {
    try Program.run(["judge", "U1-1", "--procedure", desk.path(procedure), "--store", desk.store])
  }

  func record(_ desk: Desk, _ run: String) throws -> RunRecord {
    try RunStore(path: desk.store).record(run: run).record
  }

  @Test func `the same procedure gives the same outcomes and a record that names its source`() throws {
    let desk = try finished()
    let before = try Data(contentsOf: URL(fileURLWithPath: desk.store + "/journals/U1-1.jsonl"))
    let end = try judge(desk)
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    #expect(end.output.contains("U1-2, judged from U1-1"))
    let (old, new) = (try record(desk, "U1-1"), try record(desk, "U1-2"))
    #expect(new.measurements.map(\.observation) == old.measurements.map(\.observation))
    #expect(new.measurements.map(\.outcome) == old.measurements.map(\.outcome))
    #expect(new.measurements.map(\.limit) == old.measurements.map(\.limit))
    let source = try #require(new.header.judgedFrom)
    #expect(source.run == "U1-1")
    #expect(source.journalHead == (try RunStore(path: desk.store).find("U1-1").journalHead))
    #expect(source.procedure == old.header.procedure)
    #expect(try Data(contentsOf: URL(fileURLWithPath: desk.store + "/journals/U1-1.jsonl")) == before)
    #expect(try Program.run(["verify", "--all", "--store", desk.store]).code == 0)
    let report = try String(contentsOfFile: desk.store + "/reports/U1-2.html", encoding: .utf8)
    #expect(report.contains("Judged, not measured") && report.contains(source.journalHead))
  }

  @Test(arguments: [("short-bank-limit-2", Int32(1), "FAIL"), ("short-bank-limit-3", 5, "INCONCLUSIVE")])
  func `other limits give other verdicts`(_ limit: String, _ code: Int32, _ word: String) throws {
    let desk = try finished()
    try desk.edit("procedure.yaml") { $0.replacing("small-terminal", with: limit) }
    let end = try judge(desk)
    #expect(end.code == code, "\(end.output)\(end.errors)")
    #expect(end.output.contains("Verdict \(word) (was PASS)"), "\(end.output)")
  }

  @Test func `a step that was not done, or was done otherwise, is not measured and cannot pass`() throws {
    let desk = try finished(steps: 1)
    let other = try Desk(steps: 2)
    try desk.edit("procedure.yaml") { _ in
      try! String(contentsOfFile: other.path("procedure.yaml"), encoding: .utf8)
    }
    let added = try judge(desk)
    #expect(added.code == 5, "\(added.output)\(added.errors)")
    let missing = try #require(try record(desk, "U1-2").measurements.last)
    #expect(missing.step == "r2" && missing.outcome == .notMeasured)

    try desk.edit("procedure.yaml") { $0.replacing("wait: 1 s", with: "wait: 2 s") }
    let changed = try judge(desk)
    #expect(changed.code == 5, "\(changed.output)\(changed.errors)")
    #expect(try record(desk, "U1-3").measurements.allSatisfy { $0.outcome == .notMeasured })
  }

  @Test func `no limits make a stopped run a good one`() throws {
    let desk = try Desk(steps: 2)
    let program = try Program.start(desk.arguments() + ["--json"])
    _ = try program.kill(afterLines: 60)
    let end = try judge(desk)
    #expect(end.code == 4, "\(end.output)\(end.errors)")
  }

  /// What keeps a run from passing, and how the reason begins.
  enum Obstacle: String, CaseIterable {
    case noGuard = "start condition 'guard'"
    case openFence = "fence 'cell-voltage' is switched off"
    case overridden = "start condition 'golden unit'"

    var file: String {
      switch self {
      case .noGuard: ""
      case .openFence: "\nwatch: {cell-voltage: {fence: off}}\n"
      case .overridden: "\ngolden-unit: {serial: GOLD-1, every: 24 h}\n"
      }
    }
    var arguments: [String] {
      switch self {
      case .noGuard: ["--without-guard"]
      case .openFence: []
      case .overridden: ["--override-start", "line is waiting"]
      }
    }
  }

  @Test(arguments: Obstacle.allCases)
  func `what keeps a run from passing keeps it from passing under any limits`(_ obstacle: Obstacle) throws {
    let desk = try Desk(steps: 2)
    try desk.write("rig.yaml", String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8) + obstacle.file)
    let end = try desk.run(obstacle.arguments)
    #expect(end.code == 5, "\(end.output)\(end.errors)")
    let old = try record(desk, "U1-1")
    #expect(old.reason.hasPrefix(obstacle.rawValue), "\(old.reason)")
    #expect(old.reason.matches(of: /guard/).count <= 1, "named twice: \(old.reason)")
    let judged = try judge(desk)
    #expect(judged.code == 5, "\(judged.output)\(judged.errors)")
    #expect(judged.output.contains("(was INCONCLUSIVE)"), "\(judged.output)")
    let new = try record(desk, "U1-2")
    #expect(new.reason == old.reason)
    #expect(new.startConditions == old.startConditions && new.fences == old.fences)
    // With limits that decide nothing both reasons stand there.
    try desk.edit("procedure.yaml") { $0.replacing("small-terminal", with: "short-bank-limit-3") }
    #expect(try judge(desk).code == 5)
    let both = try record(desk, "U1-3").reason
    #expect(both.contains("cannot be decided") && both.contains(obstacle.rawValue), "\(both)")
  }

  @Test func `a judgement is not judged, the run that measured is`() throws {
    let desk = try finished()
    #expect(try judge(desk).code == 0)
    let again = try Program.run(
      ["judge", "U1-2", "--procedure", desk.path("procedure.yaml"), "--store", desk.store])
    #expect(again.code == 2)
    #expect(again.errors.contains("Judge run U1-1, which measured"), "\(again.errors)")
    #expect(try Program.run(["show", "U1-3", "--store", desk.store]).code != 0)
  }

  @Test func `a judged trip stays one, and is neither acknowledged by that nor tripped anew`() throws {
    let desk = try Desk(steps: 3)
    let rig = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    try desk.edit("rig.yaml") { $0 + "\nwatch: {alive: {role: pack-voltage, low: 10 V}}\n" }
    #expect(try desk.run().code == 3)
    try desk.write("rig.yaml", rig)
    #expect(try judge(desk).code == 3)
    let trips = try record(desk, "U1-2").trips
    #expect(trips.map(\.watch) == ["alive"])
    #expect(trips == (try record(desk, "U1-1").trips))
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("how run U1-1 left this rig"), "\(refused.output)\(refused.errors)")
    let acknowledged = try Program.run(
      ["rig", "acknowledge", desk.path("rig.yaml"), "--person", "M. Weber", "--store", desk.store])
    #expect(acknowledged.code == 0, "\(acknowledged.errors)")
    #expect(try judge(desk).code == 3)
    let passed = try desk.run()
    #expect(passed.code == 0, "\(passed.output)\(passed.errors)")
  }

  @Test func `a judged record is not replayed, and the command says what to replay`() throws {
    let desk = try finished()
    _ = try judge(desk)
    let arguments = [
      "--procedure", desk.path("procedure.yaml"), "--rig", desk.path("rig.yaml"), "--store", desk.store,
    ]
    let judged = try Program.run(["replay", "U1-2"] + arguments)
    #expect(judged.code == 2)
    #expect(judged.errors.contains("replay U1-1"))
    let measured = try Program.run(["replay", "U1-1"] + arguments)
    #expect(measured.code == 0, "\(measured.output)\(measured.errors)")
    #expect(measured.output.contains("Identical"))
    try desk.edit("procedure.yaml") { $0.replacing("small-terminal", with: "short-bank-limit-2") }
    let changed = try Program.run(["replay", "U1-1"] + arguments + ["--format", "json"])
    #expect(changed.code == 1)
    #expect(changed.output.contains("\"kind\": \"verdict\""), "\(changed.output)")
  }

  @Test func `verify names what was altered, in words and as JSON`() throws {
    let desk = try finished()
    let path = desk.store + "/journals/U1-1.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("\"outcome\":\"pass\"", with: "\"outcome\":\"fail\"", maxReplacements: 1).write(
      toFile: path, atomically: true, encoding: .utf8)
    let end = try Program.run(["verify", "U1-1", "--store", desk.store])
    #expect(end.code == 1)
    #expect(end.output.contains("ALTERED") && end.output.contains("chain broken"), "\(end.output)")
    let json = try Program.run(["verify", path, "--format", "json"])
    #expect(json.code == 1)
    #expect(json.output.contains("\"state\": \"altered\""))
    let head = String(repeating: "0", count: 64)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try Program.run(["verify", "U1-1", "--store", desk.store]).code == 0)
    #expect(try Program.run(["verify", "U1-1", "--head", head, "--store", desk.store]).code == 1)
  }
}
