import Model
import Steps
import Testing

/// A rig whose short-circuit bank is charged by a supply that speaks Modbus.
@Suite struct ModbusRigTests {
  private static func withSupply(_ more: String = "") -> (String) -> String {
    { text in
      text.replacing("driver: keysight-e36312a", with: "driver: ea-psb")
        .replacing(
          "options: {pairing: series}", with: "options: {nominal-voltage: 60 V, nominal-current: 120 A}"
        )
        .replacing("serial: MY61000024", with: "serial: \"2841430017\"\(more)")
        .replacing(
          "short-bank: {instrument: bank, channel: 2}", with: "short-bank: {instrument: bank, channel: 1}")
    }
  }

  @Test func `a short circuit is judged as with any other supply`() throws {
    var step = StepRun(steps: ShortCircuit.sample)
    step.rigEdit = Self.withSupply()
    let result = try step.run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test(arguments: ["silent", "garbage", "late"])
  func `a supply that fails on the way is the rig's fault, and never a pass`(_ fault: String) throws {
    var step = StepRun(steps: ShortCircuit.sample)
    step.rigEdit = Self.withSupply("\n    simulated: {fault: \(fault), fault-after: \"9\"}")
    let result = try step.run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(!result.outcome.conclusion.safeStateConfirmed, "nothing proved that the bank is off")
  }
}
