import Model
import Simulation
import Steps
import Testing

@Suite struct `A live limit of the rig` {
  private func run(_ rule: String) throws -> StepRun.Result {
    var step = StepRun(steps: PowerPath.sample)
    step.rigEdit = { $0 + "\nwatch:\n  \(rule)\n" }
    return try step.run()
  }

  /// A limit that a good unit crosses: what trips, and what it makes of the run, does not depend on whose fault it is.
  @Test(arguments: ["cell-voltage: {high: 3.0 V}", "pack: {role: pack-voltage, high: 60 V, every: 200 ms}"])
  func `ends the run as the rig's error, named with two samples, time and instrument`(_ rule: String) throws {
    let result = try run(rule)
    #expect(result.verdict == .error, "\(result.complaints)")
    let trip = try #require(result.record.trips.first)
    #expect(trip.instrument == "reference")
    #expect(trip.samples.count == 2)
    #expect(trip.samples[0].at < trip.samples[1].at)
    #expect(result.outcome.conclusion.reason.contains("live limit '\(trip.watch)' tripped"))
    #expect(result.outcome.conclusion.safeStateConfirmed, "\(result.record.safeState?.entries ?? [])")
    // The way to the safe state leads past the closing phase: the cells are what tripped.
    #expect(
      result.measurements("restored").allSatisfy { $0.observation == .missing("not reached") })
    #expect(result.circuit.cellOutputVoltage(1).magnitude < 0.1)
  }

  @Test func `ends the run as aborted when the rig file says so`() throws {
    let result = try run("cell-voltage: {high: 3.0 V, trips: aborted}")
    #expect(result.verdict == .aborted, "\(result.complaints)")
    #expect(result.record.trips.map(\.watch) == ["cell-voltage"])
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test(arguments: [
    "heat: {quantity: unit-temperature, high: 10 °C}", "charge: {quantity: loop-charge, high: 1 C}",
    "energy: {quantity: loop-energy, high: 1 J}", "source: {role: loop-source, high: 1 A, every: 20 ms}",
  ])
  func `may be about heat, charge, energy and what an instrument says of itself`(_ rule: String) throws {
    let result = try run(rule)
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.record.trips.count == 1)
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test(arguments: ["cell-voltage", "emergency-stop"])
  func `that is switched off keeps a good unit from passing, and says so`(_ name: String) throws {
    let result = try run("\(name): {fence: off}")
    #expect(result.verdict == .inconclusive, "\(result.complaints)")
    #expect(result.outcome.conclusion.reason.contains("'\(name)'"))
    let fence = try #require(result.record.fences.first { $0.name == name })
    #expect(fence.state == .off)
  }

  /// Sum of the cells against the pack: one of both meters' channels is wrong, and nobody knows which.
  @Test func `finds a pack reading that the cells do not add up to`() throws {
    var step = StepRun(steps: PowerPath.sample)
    let address = "address: sim://reference\n"
    let fault = "    simulated: {fault: offset, offset: 2 V, fault-channel: \"205\"}\n"
    step.rigEdit = { $0.replacing(address, with: address + fault) }
    let result = try step.run()
    #expect(result.verdict == .error, "\(result.complaints)")
    let trip = try #require(result.record.trips.first)
    #expect(trip.watch == "pack-sum" && trip.instrument.contains("reference"))
    #expect(trip.samples.count == 2, "\(trip.samples)")
    #expect(result.outcome.conclusion.reason.contains("allowed ≤ 1.08 V"))
    #expect(result.outcome.conclusion.safeStateConfirmed)
  }

  @Test func `is sampled throughout a passing run, beside fences that read back`() throws {
    let result = try run("heat: {quantity: unit-temperature, high: 95 °C}")
    #expect(result.verdict == .pass, "\(result.complaints)")
    let fences = result.record.fences
    #expect(fences.allSatisfy { $0.state == .armed && !$0.forbidsPass }, "\(fences)")
    for name in ["emergency-stop", "cover", "cell-voltage", "pack-sum", "loop-current", "heat"] {
      let fence = try #require(fences.first { $0.name == name })
      #expect(fence.note.contains("samples"), "\(name)")
    }
    for name in ["cells over-voltage", "loop-source over-current", "short-bank over-voltage"] {
      let fence = try #require(fences.first { $0.name == name })
      #expect(!fence.programmed.isEmpty && fence.programmed == fence.readBack, "\(fence)")
    }
    let unmet = result.record.startConditions.filter { !$0.isMet }
    #expect(unmet.isEmpty)
    #expect(result.record.trips.isEmpty)
  }
}
