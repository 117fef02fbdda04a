import Model
import Ports

/// Where events go: first to disk, then to whoever shows them.
public protocol EventSink: AnyObject {
  /// Must have the event on disk when it returns.
  /// - Throws: when the event could not be kept; the run then ends as an error.
  func append(_ event: RunEvent) throws
}

/// Numbers and stamps events and hands them to the sink. After the sink has failed nothing more is shown, and
/// `failure` says why.
public final class EventRecorder {
  let world: any World
  let sink: any EventSink
  /// Every event is a sign of life.
  public let progress = RunProgress()
  public private(set) var nextSequence = 0
  public private(set) var failure: String?
  /// What the unit said it is, once a step has asked it.
  public private(set) var identity: UnitIdentity?
  public private(set) var facts = RunFacts()
  /// The latest settings snapshot per moment, for steps that compare with it.
  public private(set) var settings: [SettingsSnapshot.Moment: SettingsSnapshot] = [:]

  public init(world: any World, sink: any EventSink) {
    self.world = world
    self.sink = sink
  }

  /// Whatever is measured, this run does not pass.
  public func refusePass(_ why: String) { facts.undecided.append(why) }

  public func record(_ body: RunEvent.Body) {
    guard failure == nil else { return }
    progress.note(at: world.now)
    let event = RunEvent(sequence: nextSequence, nanoseconds: world.now.nanoseconds, body: body)
    do {
      try sink.append(event)
    } catch {
      failure = "the journal could not be written: \(error)"
      return
    }
    nextSequence += 1
    switch body {
    case .measured(let measurement): facts.add(measurement)
    case .rigError(_, let instrument, let message): facts.rigErrors.append("\(instrument): \(message)")
    case .stopRequested(let reason): facts.stopReason = reason
    case .fences(let states): facts.obstacles = states.compactMap(\.obstacle)
    case .startConditions(let conditions):
      facts.unmet = conditions.filter { !$0.isMet }.map { "start condition '\($0.name)': \($0.words)" }
    case .unitIdentified(let found): identity = found
    case .settings(let snapshot): settings[snapshot.moment] = snapshot
    default: break
    }
  }
}
