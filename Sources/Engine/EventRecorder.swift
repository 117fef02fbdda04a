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
  /// Every event is a sign of life, kept or not.
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

  public func record(_ body: RunEvent.Body) {
    // Also when nothing can be kept any more: a run that makes safe is alive.
    progress.note(at: world.now)
    guard failure == nil else { return }
    let event = RunEvent(sequence: nextSequence, nanoseconds: world.now.nanoseconds, body: body)
    do {
      try sink.append(event)
    } catch {
      failure = "the journal could not be written: \(error)"
      return
    }
    nextSequence += 1
    facts.take(body)
    switch body {
    case .unitIdentified(let found): identity = found
    case .settings(let snapshot): settings[snapshot.moment] = snapshot
    default: break
    }
  }
}
