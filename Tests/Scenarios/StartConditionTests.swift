import Foundation
import Model
import Quantities
import Simulation
import Steps
import Testing

/// What has to hold before a run begins, as somebody at the station meets it.
@Suite struct `A rig refuses to start` {
  @Test func `until the golden unit has passed, and lets the golden unit itself begin`() throws {
    let desk = try Desk()
    try desk.edit("rig.yaml") { $0 + "\ngolden-unit: {serial: GOLD-1, every: 24 h}\n" }
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("START REFUSED") && refused.errors.contains("--unit GOLD-1"))
    #expect(refused.output.isEmpty, "nothing may have begun: \(refused.output)")
    #expect(try desk.run(unit: "GOLD-1").code == 0)
    #expect(try desk.run().code == 0)
  }

  @Test func `with every reason at once, and an override never leads to a pass`() throws {
    let desk = try Desk()
    try desk.edit("rig.yaml") {
      $0 + "\ngolden-unit: {serial: GOLD-1, every: 24 h}\nself-test: {every: 24 h}\n"
    }
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("golden unit:") && refused.errors.contains("self-test:"))
    let overridden = try desk.run(["--override-start", "line is waiting"])
    #expect(overridden.code == 5, "\(overridden.output) \(overridden.errors)")
    #expect(overridden.output.contains("line is waiting"))
    let json = try desk.run(["--format", "json"])
    let answer = try OrderedJSON(parsing: json.output)
    #expect(answer["refused"]?.arrayValue?.count == 2)
    #expect(json.code == 3)
  }

  @Test func `with an override that gives no reason`() throws {
    let answer = try Desk().run(["--override-start", " "])
    #expect(answer.code == 2 && answer.errors.contains("needs a reason"), "\(answer.errors)")
  }

  /// The terminals of a rig at rest are dead: a limit that wants them alive trips in every run.
  @Test func `after a trip, until a person has acknowledged it, and no override helps`() throws {
    let desk = try Desk(steps: 3)
    let rig = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    try desk.edit("rig.yaml") { $0 + "\nwatch: {alive: {role: pack-voltage, low: 10 V}}\n" }
    let tripped = try desk.run()
    #expect(tripped.code == 3, "\(tripped.output) \(tripped.errors)")
    #expect(tripped.output.contains("live limit 'alive' tripped"))
    try desk.write("rig.yaml", rig)
    for more in [[], ["--override-start", "never mind"]] {
      let refused = try desk.run(more)
      #expect(refused.code == 3)
      #expect(refused.errors.contains("acknowledge") && refused.errors.contains("alive"), "\(refused.errors)")
    }
    let acknowledge = ["rig", "acknowledge", desk.path("rig.yaml"), "--store", desk.store]
    #expect(try Program.run(acknowledge).code == 2, "somebody must say who")
    let done = try Program.run(acknowledge + ["--person", "M. Weber", "--note", "fuse replaced"])
    #expect(done.code == 0, "\(done.errors)")
    let passed = try desk.run(["--json"])
    #expect(passed.code == 0, "\(passed.output) \(passed.errors)")
    #expect(passed.output.contains("acknowledged by M. Weber (fuse replaced)"))
    let again = try Program.run(acknowledge + ["--person", "M. Weber"])
    #expect(again.code == 0 && again.output.contains("nothing to acknowledge"))
  }

  @Test func `with a welded contactor or an open cover, and names both`() throws {
    var step = StepRun(steps: PowerPath.sample)
    step.arrange = { world in
      world.circuit.setContact(.cover, active: false)
      world.circuit.stick(.loopContactor, active: true)
    }
    let result = try step.run()
    #expect(result.verdict == .error, "\(result.complaints)")
    let errors = result.record.errors.map(\.message)
    #expect(
      errors.contains { $0.contains("cover open") } && errors.contains { $0.contains("reads closed") },
      "\(errors)")
    #expect(result.record.steps.flatMap(\.measurements).allSatisfy { $0.outcome == .notMeasured })
  }
}
