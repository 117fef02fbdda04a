import Capabilities
import Engine
import Model
import Ports
import Quantities
import Testing

/// Everything that brings voltage or current to the unit.
enum Energising: String, CaseIterable, Sendable {
  case cellOutputs, emulatorContactor, loopContactor, loop, loopCurrent, shortBank, shortTrigger

  func perform(on bench: Bench) async throws {
    switch self {
    case .cellOutputs: try await bench.setCellOutputs(true)
    case .emulatorContactor: try await bench.setLine(.emulatorContactor, active: true)
    case .loopContactor: try await bench.setLine(.loopContactor, active: true)
    case .loop: try await bench.closeLoop()
    case .loopCurrent: try await bench.setLoop(current: -2, compliance: 5)
    case .shortBank: try await bench.chargeShortBank(volts: 20, current: 1)
    case .shortTrigger: try await bench.setLine(.shortTrigger, active: true)
    }
  }
}

@Suite struct `An interlock` {
  @Test(arguments: Energising.allCases) func `refuses to energise before a command is sent`(
    _ what: Energising
  ) async {
    for (line, words) in [
      (ScriptedPlant.emergencyStop, "emergency stop pressed"), (ScriptedPlant.cover, "cover open"),
    ] {
      let scripted = ScriptedBench()
      scripted.plant.move(line, to: false)
      let stopped = await #expect(throws: WorldStopped.self) { try await what.perform(on: scripted.bench) }
      #expect(stopped?.reason == words)
      #expect(scripted.plant.log.isEmpty)
    }
  }

  @Test(arguments: Energising.allCases) func `at rest lets everything pass`(_ what: Energising) async throws {
    try await what.perform(on: ScriptedBench().bench)
  }

  @Test func `does not keep anything from being switched off`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.move(ScriptedPlant.cover, to: false)
    try await scripted.bench.setLoop(current: 0, compliance: 5)
    try await scripted.bench.openLoop()
    try await scripted.bench.chargeShortBank(volts: 0, current: 1)
    try await scripted.bench.setCellOutputs(false)
    try await scripted.bench.setLine(.emulatorContactor, active: false)
    #expect(await SafeStateSequence(bench: scripted.bench).makeSafe().confirmed)
  }

  @Test func `that tripped holds although the cover is closed again`() async {
    let scripted = ScriptedBench()
    scripted.plant.move(ScriptedPlant.cover, to: false)
    await #expect(throws: WorldStopped.self) { try await scripted.bench.checkInterlocks() }
    scripted.plant.move(ScriptedPlant.cover, to: true)
    await #expect(throws: WorldStopped.self) { try await scripted.bench.checkInterlocks() }
    await #expect(throws: WorldStopped.self) { try await scripted.bench.setCellOutputs(true) }
  }

  @Test func `is noticed when it tripped between two looks`() async throws {
    let scripted = ScriptedBench()
    try await scripted.world.sleep(until: at(1))
    try await scripted.bench.checkInterlocks(since: .start)
    scripted.plant.move(ScriptedPlant.cover, to: false)
    scripted.plant.move(ScriptedPlant.cover, to: true)
    try await scripted.bench.checkInterlocks(since: at(2))
    await #expect(throws: WorldStopped.self) { try await scripted.bench.checkInterlocks(since: at(1)) }
  }

  @Test func `with a broken wire reads as pressed`() async {
    let scripted = ScriptedBench()
    scripted.plant.lines[ScriptedPlant.emergencyStop] = nil
    await #expect(throws: WorldStopped.self) { try await scripted.bench.checkInterlocks() }
  }

  @Test func `that cannot be read lets nothing pass`() async {
    let scripted = ScriptedBench()
    scripted.plant.dead = ["line"]
    await #expect(throws: InstrumentError.self) { try await scripted.bench.setCellOutputs(true) }
  }

  @Test func `a rig does not have is not asked`() async throws {
    try await ScriptedBench(without: [.cover, .emergencyStop]).bench.setCellOutputs(true)
  }
}

@Suite struct `A run and its interlocks` {
  @Test(arguments: [
    (ScriptedPlant.emergencyStop, "emergency stop pressed"), (ScriptedPlant.cover, "cover open"),
  ])
  func `does not start when one is not at rest, which is the rig's fault`(_ line: Int, _ words: String) async
  {
    let run = ScriptedRun([["a"]])
    run.scripted.plant.move(line, to: false)
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error)
    #expect(conclusion.reason.contains(words) && conclusion.reason.contains("line:"))
    #expect(conclusion.safeStateConfirmed)
    #expect(run.started == ["a", "closing"] && run.executed.isEmpty)
    #expect(!run.scripted.plant.log.contains("emulator on"))
  }

  @Test func `is aborted before the next step, and nothing but the safe state follows`() async {
    let run = ScriptedRun([["a", "b"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      run.scripted.plant.move(ScriptedPlant.emergencyStop, to: false)
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .aborted && conclusion.reason == "emergency stop pressed")
    #expect(run.executed == ["a"])
    #expect(run.outcomes(of: "closing") == [.notMeasured])
    #expect(run.stops == ["emergency stop pressed"])
    #expect(conclusion.safeStateConfirmed)
  }

  @Test func `is aborted when the last step saw it trip`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      try await context.sleep(1)
      run.scripted.plant.move(ScriptedPlant.cover, to: false)
      run.scripted.plant.move(ScriptedPlant.cover, to: true)
    }
    #expect(await run.perform().reason == "cover open")
    #expect(run.executed == ["a"])
  }

  /// Somebody stops the run and opens the cover at once.
  @Test func `skips the closing phase of a run that was being stopped`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { context in
      run.scripted.world.stopRequested = "Ctrl-C"
      run.scripted.plant.move(ScriptedPlant.cover, to: false)
      try await context.sleep(10)
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .aborted && conclusion.reason == "Ctrl-C")
    #expect(run.executed == ["a"] && run.trips == ["cover open"])
  }

  @Test func `is aborted in the middle of a step that wants to energise`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { context in
      run.scripted.plant.move(ScriptedPlant.cover, to: false)
      try await context.bench.setCellOutputs(true)
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .aborted && conclusion.reason == "cover open")
    #expect(!run.scripted.plant.log.contains("emulator on"))
  }

  @Test func `blames the interlock for what failed after it`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { _ in
      run.scripted.plant.move(ScriptedPlant.emergencyStop, to: false)
      throw RigFault(instrument: "source", message: "the supply is gone")
    }
    #expect(await run.perform().verdict == .aborted)
    #expect(run.rigErrors.isEmpty)
  }

  @Test func `energises nothing in the closing phase after a trip`() async {
    let run = ScriptedRun([["a"]])
    run.script["closing"] = {
      run.scripted.plant.move(ScriptedPlant.cover, to: false)
      try await $0.bench.setLine(.emulatorContactor, active: true)
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .aborted && conclusion.reason == "cover open")
    #expect(run.trips == ["cover open"] && run.rigErrors.isEmpty)
    #expect(!run.scripted.plant.log.contains("line 0 high"))
    #expect(conclusion.safeStateConfirmed)
  }

  /// The unit is not left with test settings because a contact cannot be read.
  @Test func `performs the closing phase although its contacts cannot be read any more`() async {
    let run = ScriptedRun([["a", "b"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      run.scripted.plant.dead = ["line"]
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error)
    #expect(run.executed == ["a", "closing"] && run.outcomes(of: "closing") == [.pass])
  }
}
