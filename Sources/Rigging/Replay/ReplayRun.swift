import Engine
import Model
import Ports
import Simulation

/// Runs a recorded run once more through today's drivers, decoders, steps and limits, on ports that play the record.
///
/// Nothing is opened and nothing is simulated behind the ports. The documents are the caller's: the procedure and the
/// rig file of the run, or today's.
public struct ReplayRun {
  let checked: CheckedRun
  let recorded: [RunEvent]
  let header: RunHeader

  /// - Parameter recorded: Every event of the run, in order.
  /// - Returns: nil when the events do not begin with a run that measured.
  public init?(checked: CheckedRun, recorded: [RunEvent]) {
    guard case .runStarted(let header)? = recorded.first?.body, header.judgedFrom == nil else { return nil }
    var checked = checked
    checked.unitSerial = header.unit
    self.checked = checked
    self.recorded = recorded
    self.header = header
  }

  /// What the run would be today.
  ///
  /// - Throws: `PortError` when an address of the rig file cannot be read; `SimulationDeadlock` when today's code waits
  ///   for something that the record does not have.
  public func run() throws -> ReplayComparison {
    var best = try play(stop: nil)
    // An interlock stops the run by what its port says; a person has to be played.
    for stop in best.isIdentical ? [] : stops {
      let comparison = try play(stop: stop)
      if comparison.total < best.total { best = comparison }
      if best.isIdentical { break }
    }
    return best
  }

  /// When somebody may have asked the recorded run to stop.
  private enum Stop {
    case at(WorldInstant, reason: String)
    /// As this event was recorded.
    case with(sequence: Int, reason: String)
  }

  /// Between two events, or as the last one was recorded that is no consequence of the stop: what a step that is cut
  /// short leaves behind stands before the stop itself.
  private var stops: [Stop] {
    guard let place = recorded.firstIndex(where: Self.isStop),
      case .stopRequested(let reason) = recorded[place].body
    else { return [] }
    let instant = recorded[place].nanoseconds
    var stops = [Stop.at(WorldInstant(nanoseconds: instant), reason: reason)]
    let last = recorded[..<place].lastIndex { event in
      switch event.body {
      case .measured, .note: false
      default: true
      }
    }
    if let last, recorded[last].nanoseconds == instant {
      stops.append(.with(sequence: recorded[last].sequence, reason: reason))
    }
    return stops
  }

  private static func isStop(_ event: RunEvent) -> Bool {
    if case .stopRequested = event.body { true } else { false }
  }

  private func play(stop: Stop?) throws -> ReplayComparison {
    let isWhole = !recorded.contains { if case .recovered = $0.body { true } else { false } } && isEnded
    let scripts = try RecordedTraffic(recorded).scripts(for: checked.rig.rig)
    let world = PlayedWorld(
      scripts: scripts, guardian: guardian, breaksOff: !isWhole, calendarStart: header.startedAt)
    let sink = ReplaySink()
    switch stop {
    case .at(let instant, let reason)?: world.schedule(at: instant) { world.requestStop(reason: reason) }
    case .with(let sequence, let reason)?: sink.after(sequence) { world.requestStop(reason: reason) }
    case nil: break
    }
    let execution = RunExecution(
      checked: checked, unit: header.unit, seed: header.seed, program: header.program, observer: NoObserver(),
      withGuard: !wasRefused)
    execution.conditions = conditions
    var again = execution.header(run: header.run, startedAt: header.startedAt)
    // Which simulated unit sat in the socket does not matter to the ports.
    again.unitFile = header.unitFile
    let started = again
    _ = try world.run {
      try await execution.conclude(started, in: world, sink: sink, recordsTraffic: true) {
        world.requestStop(reason: $0)
      }
    }
    return ReplayComparison(recorded: recorded, replayed: sink.events, isWhole: isWhole)
  }

  /// What the store and the rig file said before the run began, and whether it was overridden. They may say something
  /// else by now; all other conditions the run finds out again.
  private var conditions: [StartCondition] {
    let lists = recorded.compactMap { event -> [StartCondition]? in
      if case .startConditions(let conditions) = event.body { conditions } else { nil }
    }
    return (lists.last ?? []).filter { !Runner.ownConditions.contains($0.name) }
  }

  /// The run went without a guard, because somebody asked for that.
  private var wasRefused: Bool {
    recorded.contains { if case .note(_, GuardWords.refused) = $0.body { true } else { false } }
  }

  /// The guard with its recorded words.
  private var guardian: PlayedGuard {
    var words = ""
    var end: (String, Bool)?
    for event in recorded {
      switch event.body {
      case .note(_, let text) where text.hasPrefix(GuardWords.armed):
        words = String(text.dropFirst(GuardWords.armed.count))
      case .rigError(_, "guard", let text) where text.hasPrefix(GuardWords.tookOver):
        end = (String(text.dropFirst(GuardWords.tookOver.count)), false)
      case .rigError(_, "guard", let text) where text.hasPrefix(GuardWords.tookOverSafe):
        end = (String(text.dropFirst(GuardWords.tookOverSafe.count)), true)
      default: break
      }
    }
    return PlayedGuard(words: words, end: end)
  }

  private var isEnded: Bool {
    if case .runEnded? = recorded.last?.body { true } else { false }
  }
}

/// Keeps events in memory.
final class ReplaySink: EventSink {
  private(set) var events: [RunEvent] = []
  private var trigger: (sequence: Int, action: () -> Void)?

  func append(_ event: RunEvent) throws {
    events.append(event)
    if let trigger, event.sequence == trigger.sequence { trigger.action() }
  }

  func after(_ sequence: Int, _ action: @escaping () -> Void) { trigger = (sequence, action) }
}
