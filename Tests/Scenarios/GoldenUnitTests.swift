import Foundation
import Steps
import Testing

/// Which earlier run lets one begin: the newest that was decided, not the best.
@Suite struct `The last word about a rig` {
  private static let golden = "\ngolden-unit: {serial: GOLD-1, every: 24 h}\n"

  @Test func `a golden unit that failed after it had passed stops the line until it passes again`() throws {
    let desk = try Desk()
    try desk.edit("rig.yaml") { $0 + Self.golden }
    #expect(try desk.run(unit: "GOLD-1").code == 0)
    #expect(try desk.run().code == 0)
    try desk.edit("procedure.yaml") { $0.replacing("small-terminal", with: "short-bank-limit-2") }
    #expect(try desk.run(unit: "GOLD-1").code == 1)
    try desk.edit("procedure.yaml") { $0.replacing("short-bank-limit-2", with: "small-terminal") }
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("golden unit GOLD-1 FAILED in run GOLD-1-2"), "\(refused.errors)")
    // Better limits for old measurements are no better rig.
    #expect(try desk.judge("GOLD-1-2").code == 0)
    #expect(try desk.run().code == 3)
    #expect(try desk.run(unit: "GOLD-1").code == 0)
    #expect(try desk.run().code == 0)
  }

  @Test func `a golden unit that passed another workflow says nothing about this one`() throws {
    let desk = try Desk()
    try desk.edit("rig.yaml") { $0 + Self.golden }
    try desk.edit("procedure.yaml") { $0.replacing("workflow: EOL", with: "workflow: INC") }
    #expect(try desk.run(unit: "GOLD-1").code == 0)
    try desk.edit("procedure.yaml") { $0.replacing("workflow: INC", with: "workflow: EOL") }
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("in workflow EOL"), "\(refused.errors)")
  }

  /// The reference of a rig is exchanged for a worse one, and put right again.
  @Test func `a self-test that failed after one had passed stops the line until one passes again`() throws {
    let desk = try Desk()
    let plain = try String(contentsOfFile: desk.path("procedure.yaml"), encoding: .utf8)
    // The self-test leaves charge on the terminals, so it comes behind the reading.
    let test = RigSelfTest.sample.split(separator: "\n").map { "      \($0)\n" }.joined()
    let withTest = plain + test
    try desk.edit("rig.yaml") { $0 + "\nself-test: {every: 24 h}\n" }
    #expect(try desk.run().code == 3)
    try desk.write("procedure.yaml", withTest)
    let tested = try desk.run()
    #expect(tested.code == 0, "\(tested.output) \(tested.errors)")
    try desk.write("procedure.yaml", plain)
    #expect(try desk.run().code == 0)

    let rig = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    try desk.edit("rig.yaml") {
      $0.replacing(
        "    serial: MY58000023\n",
        with: "    serial: MY58000023\n    simulated: {fault: offset, fault-channel: 107, offset: 20 mV}\n")
    }
    try desk.write("procedure.yaml", withTest)
    let failed = try desk.run()
    #expect(failed.code == 3, "\(failed.output) \(failed.errors)")
    try desk.write("rig.yaml", rig)
    try desk.write("procedure.yaml", plain)
    let refused = try desk.run()
    #expect(refused.code == 3)
    #expect(refused.errors.contains("the last self-test, in run U1-3"), "\(refused.errors)")
    #expect(refused.errors.contains("did not pass: "), "\(refused.errors)")
    try desk.write("procedure.yaml", withTest)
    #expect(try desk.run().code == 0)
    try desk.write("procedure.yaml", plain)
    #expect(try desk.run().code == 0)
  }

  @Test func `a trip stays open when its record is judged again`() throws {
    let desk = try Desk(steps: 3)
    let rig = try String(contentsOfFile: desk.path("rig.yaml"), encoding: .utf8)
    try desk.edit("rig.yaml") { $0 + "\nwatch: {alive: {role: pack-voltage, low: 10 V}}\n" }
    #expect(try desk.run().code == 3)
    try desk.write("rig.yaml", rig)
    _ = try desk.judge("U1-1")
    let refused = try desk.run()
    #expect(refused.code == 3 && refused.errors.contains("how run U1-1 left this rig"), "\(refused.errors)")
    let done = try desk.acknowledge()
    #expect(done.output.contains("Its safe state was confirmed"), "\(done.output)")
    #expect(try desk.run().code == 0)
  }
}
