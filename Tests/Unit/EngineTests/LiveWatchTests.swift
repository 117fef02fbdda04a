import Capabilities
import Model
import Ports
import Quantities
import Testing

@testable import Engine

@Suite struct `A live limit on the unit's heat` {
  static let rule = WatchRule(
    name: "unit-heat", subject: .quantity(.unitTemperature), high: 80, every: TimeSpan(1))

  private let scripted = ScriptedBench(watches: [rule])
  private let watch: LiveWatch
  private let unit: ScriptedUnit
  private let watched: WatchedUnit

  init() {
    watch = LiveWatch(bench: scripted.bench, world: scripted.world)
    scripted.bench.watch = watch
    unit = ScriptedUnit(scripted.world)
    watched = WatchedUnit(unit, watch)
    watch.isActive = true
  }

  private func state() throws -> FenceState {
    watch.isActive = false
    watch.settle()
    return try #require(watch.fenceStates(isOver: true).first)
  }

  @Test(arguments: [[25, .nan], [.nan, 25], [.infinity, 25], []] as [[Double]])
  func `takes a frame with a temperature that is no number for a missing sample`(_ celsius: [Double]) {
    unit.mosfet = nil
    for second in 1...2 {
      var frame = UnitTelemetry()
      frame.at = at(Double(second))
      frame.temperatures = celsius
      watch.notice(frame)
    }
    #expect(watch.trip?.samples.map(\.text) == ["no number", "no number"])
  }

  @Test func `hears a unit that no step asks`() async throws {
    unit.celsius = { [25, $0 < at(40) ? 25 : 90] }
    try await scripted.bench.setCellOutputs(true)
    await #expect(throws: RigFault.self) { try await scripted.bench.world.sleep(until: at(60)) }
    let trip = try #require(watch.trip)
    #expect(trip.instrument == "unit" && trip.samples.map(\.text) == ["90 °C", "90 °C"])
    #expect(scripted.world.now < at(43))
    #expect(unit.questions == 0, "it must not be asked for anything")
  }

  @Test func `trips over a unit that is connected and says nothing for too long`() async throws {
    try await scripted.bench.setCellOutputs(true)
    unit.silentFrom = at(5)
    await #expect(throws: RigFault.self) { try await scripted.bench.world.sleep(until: at(120)) }
    let trip = try #require(watch.trip)
    #expect(trip.samples.allSatisfy { $0.text.contains("no frame of the unit") }, "\(trip.samples)")
    #expect(scripted.world.now > at(23) && scripted.world.now < at(45))
  }

  @Test func `leaves a unit in peace that is not connected, and says for how long`() async throws {
    try await scripted.bench.setCellOutputs(true)
    unit.isConnected = false
    try await scripted.bench.world.sleep(until: at(300))
    let state = try state()
    #expect(state.state == .armed && !state.forbidsPass)
    #expect(state.note.contains("0 samples") && state.note.contains("the unit is not connected"), "\(state)")
  }

  @Test func `that never got a frame is lost where something was switched on, and nowhere else`()
    async throws
  {
    unit.silentFrom = at(-10)
    try await scripted.bench.world.sleep(until: at(5))
    #expect(try state().state == .armed)
    watch.isActive = true
    try await scripted.bench.setCellOutputs(true)
    try await scripted.bench.world.sleep(until: at(10))
    let lost = try state()
    #expect(lost.state == .lost && lost.forbidsPass && lost.note.contains("never gave a number"), "\(lost)")
  }

  /// What the limit heard first is no news lost: a step times what the unit says by these frames.
  @Test func `leaves a step the frames that it took before the step asked`() async throws {
    unit.celsius = { [25, $0 < at(3) ? 25 : 60] }
    try await scripted.bench.world.sleep(until: at(10.2))
    let first = try await watched.telemetry(after: at(1.1), deadline: at(20))
    #expect(first.at == at(2), "the first frame that cannot have begun before")
    var last = first
    while last.temperatures[1] < 50 { last = try await watched.telemetry(after: last.at, deadline: at(20)) }
    #expect(last.at == at(3))
    #expect(try await watched.telemetry(after: at(10.3), deadline: at(20)).at == at(10.5))
  }
}

@Suite struct `A live limit that nobody looks at` {
  private static let rule = WatchRule(
    name: "loop-current", subject: .role(.loopCurrent), low: -367, high: 367, every: TimeSpan(0.5))
  private let scripted = ScriptedBench(watches: [rule])
  private let watch: LiveWatch

  init() {
    watch = LiveWatch(bench: scripted.bench, world: scripted.world)
    scripted.bench.watch = watch
    watch.isActive = true
  }

  private func state() throws -> FenceState {
    watch.isActive = false
    watch.settle()
    return try #require(watch.fenceStates(isOver: true).first)
  }

  /// A step that neither waits nor reads anything: the bare world's clock goes on.
  private func hang(_ seconds: Double) async throws {
    try await scripted.world.sleep(until: scripted.world.now + .seconds(seconds))
  }

  @Test func `for longer than any exchange lasts keeps a run from passing`() async throws {
    try await scripted.energise()
    try await scripted.bench.world.sleep(until: at(5))
    try await hang(33)
    try await scripted.bench.world.sleep(until: at(40))
    #expect(try state().state == .armed)
    watch.isActive = true
    try await hang(35)
    try await scripted.bench.world.sleep(until: at(80))
    let lost = try state()
    #expect(lost.state == .lost && lost.forbidsPass)
    #expect(lost.note.contains("no sample for 35") && lost.note.contains("34 s at most"), "\(lost.note)")
  }

  @Test func `at the end of the last step counts, too`() async throws {
    try await scripted.energise()
    try await scripted.bench.world.sleep(until: at(5))
    try await hang(40)
    #expect(try state().state == .lost)
  }

  @Test func `while a step times something there is in force, and the record says why and for how long`()
    async throws
  {
    try await scripted.energise()
    try await scripted.bench.world.sleep(until: at(5))
    try await scripted.bench.timing(on: .loopCurrent, "timing an opening of the path") { try await hang(60) }
    try await scripted.bench.world.sleep(until: at(70))
    let state = try state()
    #expect(state.state == .armed && state.note.contains("paused 60 s: timing an opening"), "\(state)")
  }

  /// One that is not watched needs no sample, and a pause on top is no excuse for the time without it.
  @Test func `is lost although it paused for a time as well`() async throws {
    try await scripted.energise()
    try await scripted.bench.timing(on: .loopCurrent, "timing an opening of the path") { try await hang(1) }
    try await hang(40)
    #expect(try state().state == .lost)
  }

  @Test func `with nothing switched on is in force`() async throws {
    try await hang(600)
    #expect(try state().state == .armed)
  }
}

@Suite struct `A run behind fences` {
  private static let contacts = [
    WatchRule(name: "cover", subject: .role(.cover), every: TimeSpan(0.1), verdict: .aborted)
  ]

  private func condition(_ run: ScriptedRun, _ name: String) -> StartCondition? {
    run.bodies.compactMap {
      if case .startConditions(let all) = $0 { all.first { $0.name == name } } else { nil }
    }.first
  }

  @Test func `does not start when a trip level reads back otherwise, and names the instrument`() async {
    let run = ScriptedRun([["a"]])
    run.scripted.plant.fenceSays["source"] = 2
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error && conclusion.safeStateConfirmed)
    #expect(conclusion.reason.hasPrefix("source: its over-voltage fence reads back 2 V, 1 V was set"))
    #expect(run.executed.isEmpty)
  }

  /// The closing phase is behind the fences as well.
  @Test func `cannot pass when a trip level changes as late as in the closing phase`() async {
    let run = ScriptedRun([["a"]])
    run.script["closing"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      run.scripted.plant.fenceSays["bank"] = 3
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .inconclusive && conclusion.reason.contains("'short-bank over-voltage'"))
    #expect(run.executed == ["a", "closing"])
  }

  @Test func `counts samples of the closing phase`() async throws {
    let run = ScriptedRun([["a"]], watches: Self.contacts)
    run.script["closing"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      try await context.sleep(30)
    }
    #expect(await run.perform().verdict == .pass)
    let states = run.bodies.compactMap { if case .fences(let all) = $0 { all } else { nil } }
    let cover = try #require(states.last?.first { $0.name == "cover" })
    let samples = try #require(Int(cover.note.prefix { $0.isNumber }))
    #expect(samples > 200, "\(cover.note)")
  }

  @Test func `ends as the rig's error when a contact cannot be read before the unit is asked`() async {
    let run = ScriptedRun([["a", "b"]], watches: Self.contacts)
    let unit = ScriptedUnit(run.scripted.world)
    run.unit = unit
    run.script["a"] = { context in
      try await run.scripted.world.sleep(until: at(5))
      run.scripted.plant.dead.insert("line")
      _ = try await context.unit.settings(deadline: at(20))
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error, "\(conclusion.reason)")
    #expect(conclusion.reason.hasPrefix("line: "))
    #expect(unit.questions == 0 && run.stops.isEmpty)
  }

  @Test func `says what switches each source off when nobody speaks to it`() async throws {
    let run = ScriptedRun([["a"]])
    run.scripted.plant.silenceLimit = .seconds(60)
    run.scripted.plant.armedWatchdogs = ["source"]
    #expect(await run.perform().verdict == .pass)
    let words = try #require(condition(run, "watchdogs")).words
    #expect(words.contains("source: 60 s"), "\(words)")
    #expect(words.contains("emulator: none, stands behind 'emulator-contactor'"), "\(words)")
    #expect(words.contains("bank: none, stands behind 'short-trigger'"), "\(words)")
  }

  @Test func `cannot pass when a source has a watchdog and does not show it armed`() async throws {
    let run = ScriptedRun([["a"]])
    run.scripted.plant.silenceLimit = .seconds(60)
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .inconclusive)
    #expect(conclusion.reason.contains("source: has a watchdog and does not show it armed"))
    let watchdogs = try #require(condition(run, "watchdogs"))
    #expect(!watchdogs.isMet)
  }
}
