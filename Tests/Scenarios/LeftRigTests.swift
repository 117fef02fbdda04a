import Foundation
import Model
import Store
import Testing

@testable import Guarding

/// What a run that broke off means for the next one on that rig, as somebody at the station meets it.
@Suite struct `After a run that broke off` {
  /// A desk whose run `K-1` was killed in the middle.
  private func killed() throws -> Desk {
    let desk = try Desk(steps: 20)
    let program = try Program.start(desk.arguments(unit: "K") + ["--json"])
    _ = try program.kill(afterLines: 40)
    return desk
  }

  /// What the guard of that run leaves beside its journal.
  private func leaveProof(of run: String = "K-1", at desk: Desk, confirmed: Bool) throws {
    var proof = GuardProof(
      run: run, reason: "the controller ended", realtime: "2026-11-22T10:00:00Z", noticed: 1, finished: 2)
    proof.steps = [
      .init(name: "loop-off", confirmed: confirmed, words: confirmed ? "reads 0" : "source does not answer"),
      .init(name: "cells-to-rest", confirmed: true, words: "reads 0"),
    ]
    try proof.json.write(
      toFile: "\(desk.store)/journals/\(run).guard.json", atomically: true, encoding: .utf8)
  }

  @Test func `nothing is energised before a person has acknowledged it, and no override helps`() throws {
    let desk = try killed()
    for more in [[], ["--override-start", "the line is waiting"]] {
      let refused = try desk.run(more)
      #expect(refused.code == 3, "\(refused.output) \(refused.errors)")
      for word in [
        "START REFUSED", "K-1", "broke off", "nobody proved", "bmsrig rig safe",
        "bmsrig rig acknowledge simulated",
      ] {
        #expect(refused.errors.contains(word), "\(word) is missing: \(refused.errors)")
      }
      #expect(refused.output.isEmpty, "nothing may have begun: \(refused.output)")
    }
    let done = try desk.acknowledge()
    #expect(done.code == 0 && done.output.contains("K-1"), "\(done.errors)")
    #expect(done.output.contains("NOBODY HAS PROVEN"), "\(done.output)")
    let next = try desk.run(["--json"])
    #expect(next.code == 0, "\(next.output) \(next.errors)")
    #expect(next.output.contains("how run K-1 left this rig was acknowledged by M. Weber"))
    #expect(try desk.acknowledge().output.contains("nothing to acknowledge"))
  }

  @Test func `judging its record puts no newer run before it`() throws {
    let desk = try killed()
    #expect(try desk.judge("K-1").code == 4)
    let refused = try desk.run()
    #expect(refused.code == 3 && refused.errors.contains("K-1 left this rig"), "\(refused.errors)")
  }

  @Test func `a guard's whole proof lets the next run begin and is named in it`() throws {
    let desk = try killed()
    try leaveProof(at: desk, confirmed: true)
    let next = try desk.run(["--json"])
    #expect(next.code == 0, "\(next.output) \(next.errors)")
    #expect(next.errors.contains("made rig 'simulated' safe and read every step back"), "\(next.errors)")
    #expect(next.output.contains("run K-1 broke off; its guard made the rig safe at 2026-11-22T10:00:00Z"))
    #expect(try RunStore(path: desk.store).record(run: "K-1").record.recovery?.guardProof != nil)
  }

  /// A guard may need longer than somebody who types fast.
  @Test func `a guard's proof counts also when it comes after the run was closed`() throws {
    let desk = try killed()
    #expect(try desk.run().code == 3)
    try leaveProof(at: desk, confirmed: true)
    #expect(try desk.run().code == 0)
  }

  @Test func `a guard's proof with a gap, or about another run, lets nothing begin`() throws {
    let desk = try killed()
    try leaveProof(at: desk, confirmed: false)
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("could not prove"), "\(refused.errors)")
    #expect(refused.errors.contains("loop-off: source does not answer"), "\(refused.errors)")
    let other = try Desk(steps: 20)
    _ = try Program.start(other.arguments(unit: "K") + ["--json"]).kill(afterLines: 40)
    try leaveProof(of: "L-1", at: other, confirmed: true)
    try FileManager.default.moveItem(
      atPath: "\(other.store)/journals/L-1.guard.json", toPath: "\(other.store)/journals/K-1.guard.json")
    #expect(try other.run().code == 3)
  }

  @Test func `whose record somebody altered, nothing begins either`() throws {
    let desk = try Desk()
    #expect(try desk.run().code == 0)
    let path = desk.store + "/journals/U1-1.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("\"confirmed\":true", with: "\"confirmed\":false", maxReplacements: 1).write(
      toFile: path, atomically: true, encoding: .utf8)
    let refused = try desk.run()
    #expect(refused.code == 3 && refused.errors.contains("record cannot be read"), "\(refused.errors)")
    #expect(try desk.acknowledge().code == 0)
    #expect(try desk.run().code == 0)
  }

  @Test func `another store knows nothing of it`() throws {
    let desk = try killed()
    let elsewhere = try Program.run(desk.arguments(store: desk.path("elsewhere")))
    #expect(elsewhere.code == 0, "\(elsewhere.errors)")
    #expect(try desk.run().code == 3)
  }
}

extension Desk {
  func acknowledge() throws -> Program.End {
    try Program.run(["rig", "acknowledge", path("rig.yaml"), "--store", store, "--person", "M. Weber"])
  }
  func judge(_ run: String) throws -> Program.End {
    try Program.run(["judge", run, "--procedure", path("procedure.yaml"), "--store", store])
  }
}
