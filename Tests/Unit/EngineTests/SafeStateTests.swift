import Capabilities
import Engine
import Model
import Ports
import Quantities
import Testing

extension SafeStateResult {
  fileprivate func entry(_ action: SafeStateStep.Action) -> Entry {
    entries.first { $0.action == action.rawValue }!
  }
  fileprivate var unconfirmed: [String] { entries.filter { !$0.confirmed }.map(\.action) }
}

private func madeSafe(_ scripted: ScriptedBench) async -> SafeStateResult {
  await SafeStateSequence(bench: scripted.bench).makeSafe()
}

@Suite struct `The safe state` {
  @Test func `is reached in the documented order and confirmed by read-backs`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    let result = await madeSafe(scripted)
    #expect(result.unconfirmed.isEmpty)
    #expect(result.entries.map(\.action) == ScriptedBench.safeState.map(\.action.rawValue))
    let milestones = [
      "line 4 low", "bank safe", "source safe", "meter scan 3", "line 1 low", "emulator volts 16",
      "emulator safe",
      "ntc ntc 1", "ntc ntc 4", "line 0 low", "line 2 high", "meter scan 1,2",
    ]
    #expect(scripted.plant.log.filter(milestones.contains) == milestones)
    #expect(
      scripted.plant.loopCurrent == 0 && scripted.plant.terminalVolts == 0 && scripted.plant.bankVolts == 0)
  }

  @Test(arguments: [
    ("line 4 low", SafeStateStep.Action.disableShort), ("bank safe", .disableShort),
    ("source safe", .loopOff),
    ("line 1 low", .openLoopContactor), ("emulator safe", .cellsToRest), ("ntc ntc 2", .thermistorsToAmbient),
    ("line 0 low", .openEmulatorContactor), ("line 2 high", .connectDischarge),
  ])
  func `goes on when one action fails and says which`(_ failing: String, _ action: SafeStateStep.Action)
    async throws
  {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.failing = [failing]
    let result = await madeSafe(scripted)
    #expect(!result.entry(action).confirmed)
    #expect(result.entry(action).message.contains("scripted failure"))
    for command in [
      "line 4 low", "bank safe", "source safe", "line 1 low", "emulator safe", "ntc ntc 4", "line 0 low",
      "line 2 high",
      "meter scan 1,2",
    ] { #expect(scripted.plant.log.contains(command), "after '\(failing)': \(command)") }
  }

  @Test func `switches the cells off even when they cannot be programmed`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.failing = ["emulator volts 16"]
    let result = await madeSafe(scripted)
    #expect(result.entry(.cellsToRest).confirmed)
    #expect(result.entry(.cellsToRest).message.contains("rest voltage not programmed"))
    #expect(!scripted.plant.cellsOn)
  }

  @Test(arguments: [
    (ScriptedPlant.loopContactor, SafeStateStep.Action.openLoopContactor),
    (ScriptedPlant.emulatorContactor, .openEmulatorContactor),
  ])
  func `is not confirmed with a welded contactor`(_ line: Int, _ action: SafeStateStep.Action) async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.welded = [line]
    let result = await madeSafe(scripted)
    #expect(result.unconfirmed == [action.rawValue])
    #expect(result.entry(action).message.contains("welded"))
  }

  @Test func `is not confirmed while current still flows`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.sourceStuckOn = true
    let result = await madeSafe(scripted)
    #expect(result.unconfirmed == ["loop-off", "loop-current-falls"])
    #expect(result.entry(.loopCurrentFalls).message.contains("still 100"))
  }

  @Test func `is not confirmed while the terminals are live`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.cellsStuckOn = true
    scripted.plant.welded = [ScriptedPlant.emulatorContactor]
    let result = await madeSafe(scripted)
    #expect(result.unconfirmed == ["cells-to-rest", "open-emulator-contactor", "terminals-dead"])
    #expect(result.entry(.terminalsDead).message.contains("after the time allowed"))
  }

  @Test func `takes what the rig never had for safe and what was never reached for unknown`() async {
    let lacking = await madeSafe(ScriptedBench(without: [.shortBank, .shortTrigger]))
    #expect(lacking.unconfirmed.isEmpty)
    let unreached = await madeSafe(ScriptedBench(unreached: [.loopSource, .cells]))
    #expect(unreached.unconfirmed == ["loop-off", "cells-to-rest"])
    #expect(unreached.entry(.loopOff).message.contains("never reached"))
  }

  /// What an earlier program left on must go off although the rig is not complete.
  @Test func `switches off what was reached of a role that is not complete, and names what was not`()
    async throws
  {
    let scripted = ScriptedBench(torn: [.cells, .thermistors])
    scripted.plant.cellsOn = true
    let result = await madeSafe(scripted)
    #expect(!scripted.plant.cellsOn)
    #expect(result.unconfirmed == ["cells-to-rest", "thermistors-to-ambient"])
    for action in [SafeStateStep.Action.cellsToRest, .thermistorsToAmbient] {
      #expect(result.entry(action).message.contains("absent was never reached"))
    }
    #expect(scripted.plant.log.contains("emulator safe") && scripted.plant.log.contains("ntc ntc 4"))
  }

  @Test func `is reached twice with the same result`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    let first = await madeSafe(scripted)
    #expect(await madeSafe(scripted).confirmed == first.confirmed)
  }

  @Test func `is reached although a stop is pending`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.world.stopRequested = "Ctrl-C"
    scripted.world.holdStops = true
    #expect(await madeSafe(scripted).confirmed)
  }

  @Test func `begins with calm, which leaves the unit supplied`() async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    let result = await SafeStateSequence(bench: scripted.bench).calm()
    #expect(result.confirmed)
    #expect(result.entries.map(\.action) == ["disable-short", "loop-off", "loop-current-falls"])
    #expect(scripted.plant.loopCurrent == 0 && scripted.plant.bankVolts == 0)
    #expect(scripted.plant.terminalVolts > 50)
  }
}

@Suite struct `Without the independent voltmeter the safe state` {
  private func silent(_ change: (ScriptedPlant) -> Void = { _ in }) async throws -> (
    ScriptedBench, SafeStateResult
  ) {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.dead = ["meter"]
    change(scripted.plant)
    return (scripted, await madeSafe(scripted))
  }

  @Test func `is confirmed by all the other evidence, which is named`() async throws {
    let (scripted, result) = try await silent()
    #expect(result.confirmed)
    let loop = result.entry(.loopCurrentFalls).message
    #expect(
      loop.contains("voltmeter is silent") && loop.contains("source alone") && loop.contains("output off"))
    let terminals = result.entry(.terminalsDead).message
    for word in ["voltmeter is silent", "emulator", "mirror contacts", "discharge resistors"] {
      #expect(terminals.contains(word))
    }
    // The resistors had the whole time that is allowed.
    #expect(scripted.world.now >= at(2))
  }

  @Test(arguments: [Double.nan, 9.9e37, .infinity]) func `counts the same when the meter answers`(
    _ nonsense: Double
  ) async throws {
    let scripted = ScriptedBench()
    try await scripted.energise()
    scripted.plant.meterSays = nonsense
    let result = await madeSafe(scripted)
    #expect(result.confirmed)
    #expect(result.entry(.terminalsDead).message.contains("voltmeter is silent"))
  }

  @Test func `is not confirmed when the source reads back on, or current`() async throws {
    let (_, on) = try await silent { $0.sourceStuckOn = true }
    #expect(on.unconfirmed == ["loop-off", "loop-current-falls"])
    #expect(on.entry(.loopCurrentFalls).message.contains("output reads back on"))
    let (_, flowing) = try await silent { $0.sourceOffset = -3 }
    #expect(flowing.unconfirmed == ["loop-current-falls"])
  }

  @Test(arguments: [ScriptedPlant.loopContactor, ScriptedPlant.emulatorContactor])
  func `is not confirmed with a closed mirror contact`(_ line: Int) async throws {
    let (_, result) = try await silent { $0.welded = [line] }
    #expect(result.unconfirmed.contains("terminals-dead"))
    #expect(result.entry(.terminalsDead).message.contains("reads closed"))
  }

  @Test func `is not confirmed with live cells`() async throws {
    let (_, result) = try await silent { $0.cellsStuckOn = true }
    #expect(result.unconfirmed == ["cells-to-rest", "terminals-dead"])
  }

  @Test func `is not confirmed without discharge resistors`() async throws {
    let (_, result) = try await silent { $0.failing = ["line 2 high"] }
    #expect(result.unconfirmed == ["connect-discharge", "terminals-dead"])
  }

  @Test(arguments: ["source", "emulator", "line"])
  func `is not confirmed when other evidence is missing, too`(_ instrument: String) async throws {
    let (_, result) = try await silent { $0.dead = ["meter", instrument] }
    let action = instrument == "source" ? SafeStateStep.Action.loopCurrentFalls : .terminalsDead
    #expect(!result.entry(action).confirmed)
    #expect(result.entry(action).message.contains("evidence is missing"))
  }

  @Test(arguments: [RoleName.emulatorContactorMirror, .loopContactorMirror, .dischargeResistors])
  func `is not confirmed by a rig that cannot give the evidence`(_ role: RoleName) async throws {
    let scripted = ScriptedBench(without: [role])
    try await scripted.energise()
    scripted.plant.dead = ["meter"]
    #expect(await madeSafe(scripted).unconfirmed == ["terminals-dead"])
  }
}

@Suite struct `A loop contactor` {
  /// Nobody can tell the current any more, and the source stops by itself after 5 s of silence.
  @Test func `is not opened under a current whose command was obeyed and not answered`() async throws {
    let scripted = ScriptedBench(without: [.loopContactorMirror])
    let plant = scripted.plant
    try await scripted.bench.closeLoop()
    plant.unanswered = ["source current \(Current(300))"]
    await #expect(throws: InstrumentError.self) {
      try await scripted.bench.setLoop(current: 300, compliance: 5)
    }
    #expect(plant.loopCurrent == 300)
    plant.dead = ["source", "meter"]
    plant.silenceLimit = .seconds(5)
    let begin = scripted.world.now
    scripted.world.onAdvance = { if $0 - begin >= .seconds(5) { plant.sourceOn = false } }
    let result = await madeSafe(scripted)
    #expect(plant.brokenAmperes == 0)
    #expect(!plant.isClosed(ScriptedPlant.loopContactor))
    #expect(result.entry(.openLoopContactor).message.contains("may have opened under load"))
  }

  @Test func `is not waited for where its mirror contact shows it open and nobody else can say`() async {
    let scripted = ScriptedBench()
    scripted.plant.dead = ["source", "meter"]
    scripted.plant.silenceLimit = .seconds(50)
    _ = await madeSafe(scripted)
    #expect(scripted.world.now < at(10))
  }
}

@Suite struct `Thermistors at rest` {
  @Test func `are read by the ohmmeter, too, and given back to the unit`() async throws {
    let scripted = ScriptedBench()
    let result = await madeSafe(scripted)
    #expect(result.confirmed)
    #expect(result.entry(.thermistorsToAmbient).message == "25 °C, at the ohmmeter too")
    #expect(scripted.plant.lines[ScriptedPlant.thermistorCheck] == false)
  }

  /// 700 Ω is 100 °C.
  @Test(arguments: [700, 9.9e37]) func `are not confirmed where the ohmmeter contradicts`(_ ohms: Double)
    async throws
  {
    let scripted = ScriptedBench()
    scripted.plant.ohmmeterSays = [3: ohms]
    let result = await madeSafe(scripted)
    #expect(result.unconfirmed == ["thermistors-to-ambient"])
    #expect(result.entry(.thermistorsToAmbient).message.contains("NTC 3"))
  }

  @Test func `rest on their own read-back where the ohmmeter is silent, which is said`() async throws {
    let scripted = ScriptedBench()
    scripted.plant.dead = ["ohmmeter"]
    let result = await madeSafe(scripted)
    #expect(result.confirmed)
    #expect(result.entry(.thermistorsToAmbient).message.contains("the ohmmeter did not say"))
    #expect(scripted.plant.lines[ScriptedPlant.thermistorCheck] == false)
  }
}
