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
    let plain = try play(stopping: false)
    guard !plain.isIdentical, recorded.contains(where: Self.isStop) else { return plain }
    // An interlock stops the run by what its port says; a person has to be played.
    let stopped = try play(stopping: true)
    return stopped.total < plain.total ? stopped : plain
  }

  private static func isStop(_ event: RunEvent) -> Bool {
    if case .stopRequested = event.body { true } else { false }
  }

  private func play(stopping: Bool) throws -> ReplayComparison {
    let isWhole = !recorded.contains { if case .recovered = $0.body { true } else { false } } && isEnded
    let scripts = try RecordedTraffic(recorded).scripts(for: checked.rig.rig)
    let world = PlayedWorld(scripts: scripts, breaksOff: !isWhole, calendarStart: header.startedAt)
    let sink = ReplaySink()
    if stopping { ask(world, sink, toStopAs: recorded) }
    let execution = RunExecution(
      checked: checked, unit: header.unit, seed: header.seed, program: header.program, observer: NoObserver())
    var again = execution.header(run: header.run, startedAt: header.startedAt)
    // Which simulated unit sat in the socket does not matter to the ports.
    again.unitFile = header.unitFile
    let started = again
    _ = try world.run {
      try await execution.conclude(started, in: world, sink: sink, recordsTraffic: true)
    }
    return ReplayComparison(recorded: recorded, replayed: sink.events, isWhole: isWhole)
  }

  private var isEnded: Bool {
    if case .runEnded? = recorded.last?.body { true } else { false }
  }

  /// Whoever stopped the run then stops it now, at the same event or instant.
  private func ask(_ world: PlayedWorld, _ sink: ReplaySink, toStopAs recorded: [RunEvent]) {
    guard let place = recorded.firstIndex(where: Self.isStop), place > 0,
      case .stopRequested(let reason) = recorded[place].body
    else { return }
    let instant = WorldInstant(nanoseconds: recorded[place].nanoseconds)
    if recorded[place - 1].nanoseconds < recorded[place].nanoseconds {
      world.schedule(at: instant) { world.requestStop(reason: reason) }
    } else {
      sink.after(place - 1) { world.requestStop(reason: reason) }
    }
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
