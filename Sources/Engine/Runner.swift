import Capabilities
import Model
import Ports
import Quantities

/// What the runner needs of a rig that is not open yet.
public protocol RigOpener: AnyObject {
  /// Opens every instrument, checks identities, proves outputs off, arms watchdogs. Energises nothing.
  /// - Parameter identified: Called for each instrument as it answers.
  func open(identified: (InstrumentIdentity) -> Void) async throws
  /// Starts whoever makes the rig safe when this process cannot; nil when the rig needs nobody, or somebody refused it.
  /// Called when the rig is open and nothing is energised yet.
  func startGuard(run: String) async throws -> (any GuardPort)?
  /// Whether somebody decided to do without a guard.
  var refusedGuard: Bool { get }
  /// Closes every port. Called after the safe state.
  func close() async
  var bench: Bench { get }
  var unit: any UnitConnection { get }
  /// The unit's CAN port; nil when the rig has none.
  var bus: (any UnitBus)? { get }
  /// The unit's 485 port; nil when the rig has none.
  var rs485: (any UnitBus)? { get }
  /// Whoever stands at the rig.
  var person: any OperatorConnection { get }
}

extension RigOpener {
  public func startGuard(run: String) async throws -> (any GuardPort)? { nil }
  public var refusedGuard: Bool { false }
  public var bus: (any UnitBus)? { nil }
  public var rs485: (any UnitBus)? { nil }
  public var person: any OperatorConnection { UnattendedStation() }
}

/// One run: performs what `RunMachine` decides. Thin on purpose.
public final class Runner {
  public struct Plan: Sendable {
    public var procedure: Procedure
    public var header: RunHeader
    public var limits: LimitResolver
    /// Kinds by id, and the parameters of each step by its id, both checked.
    public var kinds: [String: any StepKind.Type]
    public var parameters: [String: FieldValues]
    /// What was looked at before the rig was opened. One that is not met was overridden: the run cannot pass.
    public var conditions: [StartCondition]
    public init(
      procedure: Procedure, header: RunHeader, limits: LimitResolver, kinds: [String: any StepKind.Type],
      parameters: [String: FieldValues], conditions: [StartCondition] = []
    ) {
      self.conditions = conditions
      self.procedure = procedure
      self.header = header
      self.limits = limits
      self.kinds = kinds
      self.parameters = parameters
    }
  }

  let plan: Plan
  let world: any World
  let opener: any RigOpener
  let recorder: EventRecorder
  /// What is looked at while the run goes on; nil leaves out everything that needs a task beside the run's own.
  let cycle: SafetyCycle?
  let memory = RunMemory()
  /// Links that broke although the unit went on running, or were not regained.
  var linkLosses = 0
  var guardLine: (any GuardPort)?
  private var safeState = SafeStateResult(entries: [])
  private var reached: Set<String> = []
  /// Until when the interlocks are known to have been at rest; nil while the rig is not open.
  var interlocksSeen: WorldInstant?
  /// The safe state has begun: nothing can trip any more.
  var isMakingSafe = false
  private var watchedUnit: WatchedUnit?
  /// A crossed live limit is in the record.
  var isTripNoted = false
  /// The fences were read back for the last time.
  var isOver = false

  public init(
    plan: Plan, world: any World, opener: any RigOpener, recorder: EventRecorder, cycle: SafetyCycle? = nil
  ) {
    self.cycle = cycle
    self.plan = plan
    self.world = world
    self.opener = opener
    self.recorder = recorder
  }

  public struct Conclusion: Hashable, Sendable {
    public var verdict: Verdict
    public var reason: String
    public var safeStateConfirmed: Bool
  }

  /// Runs to the end. Never throws: whatever goes wrong is in the journal and in the verdict.
  public func run() async -> Conclusion {
    guard let cycle else { return await runToTheEnd() }
    cycle.reportFaults { error in
      let (instrument, message) = Self.culprit(error)
      self.recorder.record(.rigError(step: "", instrument: instrument, message: message))
    }
    cycle.add("interlocks", whileHolding: true) { try await self.watchInterlocks() }
    cycle.add("live limits", whileHolding: true) { try self.opener.bench.watch?.confirmCycle() }
    return await cycle.run { await runToTheEnd() }
  }

  private func runToTheEnd() async -> Conclusion {
    recorder.record(.runStarted(plan.header))
    var machine = RunMachine(procedure: plan.procedure)
    var pending = machine.handle(.start)
    while !machine.isEnded {
      guard !pending.isEmpty else { preconditionFailure("run machine stands still") }
      let action = pending.removeFirst()
      if let input = await perform(action, machine) { pending = machine.handle(input) + pending }
    }
    await opener.close()
    await endGuard(confirmed: safeState.confirmed)
    return conclude()
  }

  private func perform(_ action: RunMachine.Action, _ machine: RunMachine) async -> RunMachine.Input? {
    switch action {
    case .openRig: return await openRig()
    case .startPhase(let index):
      let phase = plan.procedure.allPhases[index]
      recorder.record(.phaseStarted(name: phase.name, title: phase.title))
      return nil
    case .endPhase(let index):
      recorder.record(.phaseEnded(name: plan.procedure.allPhases[index].name))
      return nil
    case .runStep(let phase, let step):
      let phase = plan.procedure.allPhases[phase]
      let end = await runStep(phase.steps[step], in: phase)
      return .stepEnded(end)
    case .holdStops:
      world.holdStops = true
      cycle?.stopsAreHeld()
      if machine.leftAt != nil { await switchOffAtOnce(machine) }
      await noteStop()
      return nil
    case .calm:
      if machine.leftAt == nil { await switchOffAtOnce(machine) }
      if await isTripped() { return .tripped }
      let result = await SafeStateSequence(bench: opener.bench).calm()
      for entry in result.entries where !entry.confirmed {
        recorder.record(
          .rigError(step: "", instrument: "safe state", message: "\(entry.action): \(entry.message)"))
      }
      await releaseSwitches()
      if await isTripped() { return .tripped }
      return .calmed
    case .makeSafe:
      isMakingSafe = true
      if machine.leftAt != nil { await switchOffAtOnce(machine) }
      await noteStop()
      if machine.leftAt == nil, opener.bench.trippedInterlock != nil {
        await SafeStateSequence(bench: opener.bench).offAtOnce(cells: true)
      }
      safeState = await SafeStateSequence(bench: opener.bench).makeSafe()
      recorder.record(.safeState(safeState))
      // After a trip nobody has done it yet.
      await releaseSwitches()
      await closeFences()
      return .madeSafe(confirmed: safeState.confirmed)
    case .end: return nil
    }
  }

  private func releaseSwitches() async {
    for failure in await opener.bench.releaseSwitches() {
      recorder.record(.rigError(step: "", instrument: "lines", message: failure))
    }
  }

  /// Whatever the course was left for: what drives is off before anything is asked.
  private func switchOffAtOnce(_ machine: RunMachine) async {
    await SafeStateSequence(bench: opener.bench).offAtOnce(
      cells: machine.leftAt != nil && (machine.closingSteps == 0 || machine.isMakingSafe))
  }

  private func openRig() async -> RunMachine.Input {
    do {
      try await opener.open { self.recorder.record(.instrumentIdentified($0)) }
      try await startGuard()
      try await requireStart()
      interlocksSeen = world.now
      return .opened
    } catch {
      if let reason = Self.stopReason(error, world) {
        noteStop(reason)
      } else {
        let (instrument, message) = Self.culprit(error)
        recorder.record(.rigError(step: "", instrument: instrument, message: message))
      }
    }
    return .openFailed
  }

  /// A rig without live limits leaves the unit's link as it is.
  private var unit: any UnitConnection {
    guard let watch = opener.bench.watch, !watch.entries.isEmpty else { return opener.unit }
    if watchedUnit == nil { watchedUnit = WatchedUnit(opener.unit, watch) }
    return watchedUnit!
  }

  private func runStep(_ step: ProcedureStep, in phase: ProcedurePhase) async -> RunMachine.StepEnd {
    // Closing steps bring the unit back to what it was, whatever became of the journal.
    guard recorder.failure == nil || world.holdStops else { return .error }
    let kind = plan.kinds[step.kind]!
    reached.insert(step.id)
    let context = StepContext(
      bench: opener.bench, unit: unit, person: opener.person, limits: plan.limits,
      values: plan.parameters[step.id]!,
      step: step,
      rule: step.critical ? plan.procedure.criticalRule : plan.procedure.otherRule, header: plan.header,
      memory: memory, reach: kind.reach(plan.parameters[step.id]!), recorder: recorder,
      declarations: kind.measurements(for: plan.parameters[step.id]!))
    context.bus = opener.bus
    context.rs485 = opener.rs485
    recorder.record(
      .stepStarted(
        step: step.id, kind: step.kind, title: step.title, phase: phase.name,
        declared: step.measure.map(\.name)))
    opener.bench.watch?.isActive = true
    var end = await body(kind, context)
    opener.bench.watch?.isActive = false
    if noteTrip(in: step.id) { end = .tripped }
    recorder.record(.stepEnded(step: step.id, failed: context.failed))
    return end
  }

  /// Performs a step; a link to the unit that was lost in it is looked into, and the step may be done again.
  private func body(_ kind: any StepKind.Type, _ context: StepContext) async -> RunMachine.StepEnd {
    let stored = memory.stored
    var isFirst = true
    while true {
      let ending = await attempt(kind, context)
      guard let loss = await linkLoss(ending, context) else { return await conclude(ending, context) }
      switch await lookInto(loss, ending, stored: stored, mayRepeat: isFirst && kind.isRepeatable, context) {
      case .doAgain:
        isFirst = false
        context.beginAnew()
      case .ended(let end): return await withRigInOrder(end, context)
      case .concluded(let ending): return await conclude(ending, context)
      }
    }
  }

  /// How the code of a step ended.
  enum Ending {
    case done
    case enough(StepEnough)
    case threw(any Error)
  }

  private func attempt(_ kind: any StepKind.Type, _ context: StepContext) async -> Ending {
    do {
      if world.stopRequested != nil, !world.holdStops {
        throw WorldStopped(reason: world.stopRequested ?? "stop")
      }
      try await refuseAfterTrip()
      try await opener.bench.watch?.cycle()
      try await kind.run(context)
      return .done
    } catch let enough as StepEnough {
      return .enough(enough)
    } catch {
      return .threw(error)
    }
  }

  private func conclude(_ ending: Ending, _ context: StepContext) async -> RunMachine.StepEnd {
    switch ending {
    case .done:
      context.settle(why: "the step ended without it")
      return await withRigInOrder(context.failed ? .failed(context.step.onFail) : .passed, context)
    case .enough(let enough):
      context.settleBrokenOff(why: enough.why)
      let end = await withRigInOrder(context.failed ? .failed(context.step.onFail) : .passed, context)
      return await withLoopOpen(end, context)
    case .threw(let link as UnitLinkError)
    where memory.unitIsSilent && [.noAnswer, .linkLost, .malformed, .notFound].contains(link.code):
      // The unit has failed for it already, and there is nobody to talk to.
      context.settleBrokenOff(why: "the unit does not answer: \(link.cause)")
      return .failed(.stop)
    case .threw(let link as UnitLinkError)
    where memory.unitLinkFailed && [.noAnswer, .malformed].contains(link.code):
      context.settleBrokenOff(
        why: "the unit's link, which has failed already, did not carry it: \(link.cause)")
      return .failed(.stop)
    case .threw(let error):
      context.settle(why: "the step was cut short: \(error)")
      return await end(of: context.step, after: error)
    }
  }

  /// What an error of the rig makes of a step: a trip or a stop behind it goes first.
  private func end(of step: ProcedureStep, after error: any Error) async -> RunMachine.StepEnd {
    if await endedByTrip() { return .tripped }
    let error = opener.bench.watch?.cause(of: error) ?? error
    // An emergency stop cuts the supply: what failed after it failed because of it.
    var stop = Self.stopReason(error, world)
    if stop == nil { stop = await interlockTripped() }
    if let reason = stop {
      noteStop(reason)
      return .stopped
    }
    let (instrument, message) = Self.culprit(error)
    recorder.record(.rigError(step: step.id, instrument: instrument, message: message))
    return .error
  }

  /// Before a failure counts against the unit the rig must stand as it was set: else it is the rig's error.
  private func withRigInOrder(
    _ end: RunMachine.StepEnd, _ context: StepContext
  ) async -> RunMachine.StepEnd {
    guard case .failed = end, recorder.facts.rigErrors.isEmpty, recorder.facts.stopReason == nil else {
      return end
    }
    do { try await opener.bench.confirmStanding() } catch {
      return await self.end(of: context.step, after: error)
    }
    return end
  }

  /// A step that breaks off leaves behind what it had closed. It is opened after the rig was asked how it stands.
  private func withLoopOpen(
    _ end: RunMachine.StepEnd, _ context: StepContext
  ) async -> RunMachine.StepEnd {
    switch end {
    case .error, .stopped, .tripped: return end
    case .passed, .failed: break
    }
    do { try await opener.bench.openClosedLoop() } catch {
      return await self.end(of: context.step, after: error)
    }
    return end
  }

  private func conclude() -> Conclusion {
    for phase in plan.procedure.allPhases {
      for step in phase.steps where !reached.contains(step.id) { recordUnreached(step, phase) }
    }
    var (verdict, reason) = Judge.verdict(recorder.facts)
    if let failure = recorder.failure { (verdict, reason) = (.error, failure) }
    recorder.record(.runEnded(verdict: verdict, reason: reason, safeStateConfirmed: safeState.confirmed))
    if let failure = recorder.failure { (verdict, reason) = (.error, failure) }
    return Conclusion(verdict: verdict, reason: reason, safeStateConfirmed: safeState.confirmed)
  }

  private func recordUnreached(_ step: ProcedureStep, _ phase: ProcedurePhase) {
    let kind = plan.kinds[step.kind]!
    let context = StepContext(
      bench: opener.bench, unit: opener.unit, person: opener.person, limits: plan.limits,
      values: plan.parameters[step.id]!,
      step: step,
      rule: plan.procedure.otherRule, header: plan.header, memory: memory, recorder: recorder,
      declarations: kind.measurements(for: plan.parameters[step.id]!))
    recorder.record(
      .stepStarted(
        step: step.id, kind: step.kind, title: step.title, phase: phase.name,
        declared: step.measure.map(\.name)))
    if kind.restoresSettings, !memory.touchedSettings.isEmpty {
      let names = memory.touchedSettings.map { "'\($0)'" }.joined(separator: ", ")
      context.note("settings not restored: the run wrote \(names) and ended without its closing phase")
    }
    context.settle(why: "not reached")
    recorder.record(.stepEnded(step: step.id, failed: false))
  }
}

/// A step ends early by its own decision: what it has is recorded, the rest is *not measured*.
public struct StepEnough: Error, Sendable {
  public let why: String
  public init(why: String) { self.why = why }
}
