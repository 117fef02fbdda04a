import Capabilities
import Engine
import Model
import Ports
import Quantities
import Testing

@Suite struct `A run` {
  @Test func `passes when every step passes, and ends safe`() async {
    let run = ScriptedRun([["a", "b"], [], ["c"]])
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .pass && conclusion.safeStateConfirmed)
    #expect(run.executed == ["a", "b", "c", "closing"])
    #expect(run.safeStates == 1 && run.closes == 1)
    #expect(run.events.map(\.sequence) == Array(run.events.indices))
    guard case .runStarted? = run.bodies.first, case .runEnded(.pass, _, true)? = run.bodies.last else {
      Issue.record("the journal does not begin and end as it should")
      return
    }
  }

  @Test func `with a failed step is a fail and goes on, ends its phase or stops as the step says`() async {
    for (action, executed) in [
      (FailAction.goOn, ["a", "b", "c", "closing"]), (.endPhase, ["a", "b", "closing"]),
      (.stop, ["a", "closing"]),
    ] {
      let run = ScriptedRun([["a", "b"], ["c"]], onFail: action)
      run.script["a"] = { $0.measure("level", .number(9), uncertainty: 0, by: []) }
      let conclusion = await run.perform()
      #expect(conclusion.verdict == .fail && conclusion.reason.contains("SPEC-X level"))
      #expect(run.executed == executed)
      #expect(run.safeStates == 1)
    }
  }

  @Test func `gives every step it did not reach an outcome`() async {
    let run = ScriptedRun([["a", "b"], ["c"]], onFail: .stop)
    run.script["a"] = { $0.measure("level", .number(9), uncertainty: 0, by: []) }
    _ = await run.perform()
    #expect(run.started.sorted() == ["a", "b", "c", "closing"])
    #expect(run.outcomes(of: "b") == [.notMeasured] && run.outcomes(of: "c") == [.notMeasured])
  }

  @Test func `with a step that forgets a measurement is inconclusive`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { _ in }
    #expect(await run.perform().verdict == .inconclusive)
    #expect(run.outcomes(of: "a") == [.notMeasured])
  }

  @Test func `goes on after a step that had enough`() async {
    let run = ScriptedRun([["a", "b"]])
    run.script["a"] = { _ in throw StepEnough(why: "the unit was not heard") }
    #expect(await run.perform().verdict == .inconclusive)
    #expect(run.executed == ["a", "b", "closing"])
    #expect(run.rigErrors.isEmpty && run.outcomes(of: "a") == [.notMeasured])
  }

  @Test(arguments: [
    (RigFault(instrument: "meter", message: "dead") as any Error & Sendable, "meter: dead"),
    (
      InstrumentError(.link, instrument: "source", channel: 3, message: "silent"), "source: channel 3: silent"
    ),
    (
      UnitLinkError(.noAnswer, attempted: "read settings", cause: "silence"),
      "unit link: could not read settings"
    ),
    (PortError(.deadline, attempted: "receive", port: "tcp://a:1", cause: "nothing"), "tcp://a:1"),
    (CancellationError(), "rig: "),
  ])
  func `with a fault of the rig is an error that names who, whatever failed before`(
    _ error: any Error & Sendable, _ words: String
  ) async {
    let run = ScriptedRun([["a", "b", "c"]])
    run.script["a"] = { $0.measure("level", .number(9), uncertainty: 0, by: []) }
    run.script["b"] = { _ in throw error }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error && conclusion.reason.hasPrefix(words))
    #expect(run.executed == ["a", "b", "closing"])
    #expect(run.outcomes(of: "b") == [.notMeasured] && run.outcomes(of: "c") == [.notMeasured])
  }

  @Test func `that somebody stops is aborted, and closing and safe state still happen`() async {
    let run = ScriptedRun([["a", "b"]])
    run.script["a"] = { context in
      run.scripted.world.stopRequested = "Ctrl-C"
      try await context.sleep(10)
    }
    run.script["closing"] = { context in
      try await context.sleep(3)
      context.measure("level", .number(5), uncertainty: 0, by: [])
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .aborted && conclusion.reason == "Ctrl-C")
    #expect(run.stops == ["Ctrl-C"])
    #expect(run.outcomes(of: "closing") == [.pass])
    #expect(conclusion.safeStateConfirmed && run.scripted.world.holdStops)
  }

  @Test func `that somebody stops between two waits is aborted before the next step`() async {
    let run = ScriptedRun([["a", "b"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      run.scripted.world.stopRequested = "terminated"
    }
    #expect(await run.perform().reason == "terminated")
    #expect(run.executed == ["a", "closing"])
  }

  @Test func `does not take a stop that a driver wrapped for the rig's fault`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { _ in
      run.scripted.world.stopRequested = "Ctrl-C"
      throw InstrumentError(.link, instrument: "meter", message: "stopped")
    }
    #expect(await run.perform().verdict == .aborted)
    #expect(run.rigErrors.isEmpty)
  }

  @Test func `that cannot open the rig is an error and makes safe what is open`() async {
    let run = ScriptedRun([["a"]])
    run.openError = RigFault(instrument: "meter", message: "no answer")
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error && conclusion.reason == "meter: no answer")
    #expect(run.executed.isEmpty && run.safeStates == 1 && run.closes == 1)
    #expect(run.outcomes(of: "a") == [.notMeasured])
  }

  @Test func `that is stopped while the rig opens is aborted`() async {
    let run = ScriptedRun([["a"]])
    run.openError = WorldStopped(reason: "Ctrl-C")
    #expect(await run.perform().verdict == .aborted)
    #expect(run.safeStates == 1)
  }

  @Test func `that is not safe in the end says so whatever its verdict`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      try await context.bench.setLine(.loopContactor, active: true)
      run.scripted.plant.welded = [ScriptedPlant.loopContactor]
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .pass && !conclusion.safeStateConfirmed)
  }

  @Test func `that cannot calm the loop is an error`() async {
    let run = ScriptedRun([["a"]])
    run.script["a"] = { context in
      context.measure("level", .number(5), uncertainty: 0, by: [])
      try await context.bench.closeLoop()
      try await context.bench.setLoop(current: 50, compliance: 5)
      run.scripted.plant.sourceStuckOn = true
    }
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error && !conclusion.safeStateConfirmed)
    #expect(run.rigErrors.contains { $0.contains("loop-current-falls") })
  }

  @Test(arguments: 0..<12)
  func `whose journal cannot be written is an error, and the unit is still brought back`(
    _ event: Int
  ) async {
    let run = ScriptedRun([["a", "b"]])
    run.sinkFailsAt = event
    let conclusion = await run.perform()
    #expect(conclusion.verdict == .error && conclusion.reason.contains("journal"))
    #expect(conclusion.safeStateConfirmed)
    #expect(run.executed.last == "closing")
    #expect(run.events.count == event)
  }

  @Test func `passes no number without uncertainty and no missing reading`() async {
    for observation in [Observation.number(5), .missing("overload"), .number(.nan), .text("5"), .flag(true)] {
      let run = ScriptedRun([["a"]])
      run.script["a"] = { $0.measure("level", observation, by: []) }
      #expect(await run.perform().verdict == .inconclusive)
      #expect(run.outcomes(of: "a") == [.notMeasured])
    }
  }
}
