import Engine
import Model
import Ports
import Quantities

/// How much later each link shows a change of all cells.
struct LinkArrival {
  private let context: StepContext
  /// Of one cell.
  private let step: Double

  init(_ context: StepContext) {
    self.context = context
    step = context.values.quantity("step")
  }

  private var limit: Double { context.values.quantity("arrival-limit") }

  func run(_ session: inout LinkSession) async throws {
    let names = ["bluetooth-delay"] + session.logs.map { "\($0.port.rawValue)-delay" }
    guard step > 0 else {
      for name in names { LinkReport.skip(context, name, why: "no step was asked for") }
      return
    }
    let before = (
      bluetooth: session.bluetooth.last?.voltage, logs: session.logs.map { $0.samples.last?.voltage }
    )
    let start = context.world.now
    try await context.bench.setAllCells(context.restVoltage + step)
    try await session.listen(until: start + .seconds(limit)) { session in
      reached(session.bluetooth, before.bluetooth, since: start) != nil
        && zip(session.logs, before.logs).allSatisfy { reached($0.samples, $1, since: start) != nil }
    }
    // A port that is silent may be off or may be a cable: it is looked at for a minute more.
    try await session.listen(until: context.world.now + .seconds(Self.silenceLimit)) { session in
      !session.logs.contains(where: isSilent)
    }
    let (seen, note) = seen(session.bluetooth, before.bluetooth, since: start)
    LinkReport.bluetooth(context, "bluetooth-delay", seen, uncertainty: Self.uncertainty, note: note)
    for (log, from) in zip(session.logs, before.logs) {
      let (seen, note) = self.seen(log.samples, from, since: start)
      LinkReport(context, log).record("delay", seen, uncertainty: Self.uncertainty, note: note)
    }
    try await context.bench.setAllCells(context.restVoltage)
    try await context.sleep(context.values.quantity("settle"))
  }

  /// Seconds from the command to the emulator until its outputs have moved.
  private static let uncertainty = 0.05
  /// Seconds between two frames of a link that is whole: each speaks once a second at least.
  private static let usualGap = 2.0
  private static let silenceLimit = 60.0

  private func isSilent(_ log: LinkLog) -> Bool {
    // Nothing is judged of a candidate, so nobody waits for one that tells nothing.
    guard let last = log.samples.last else { return log.bus.isProfileConfirmed }
    return (context.world.now - last.at).seconds > Self.usualGap
  }

  /// What stands still or is mute has not shown the change for as long as was waited: no reading that is missing, but
  /// the unit's.
  private func seen(
    _ samples: [LinkSample], _ before: Double?, since start: WorldInstant
  ) -> (Observation, note: String) {
    if let index = reached(samples, before, since: start) {
      let earlier = index > 0 ? max(samples[index - 1].at, start) : start
      let gap = (samples[index].at - earlier).seconds
      // A cable that was off for a while: when in that time the unit told it, nobody knows.
      guard gap <= Self.usualGap else {
        return (.missing("nothing was heard for \(TimeSpan(gap)) before the change showed"), "")
      }
      return (.init(reading: (samples[index].at - start).seconds), "")
    }
    if samples.isEmpty { return (.atLeast(limit), "nothing was told at all until then") }
    guard before != nil else { return (.missing("nothing was told before the change"), "") }
    return (.atLeast(limit), "the change did not show until then")
  }

  /// The sample in which a link first told more than half of the change.
  private func reached(_ samples: [LinkSample], _ before: Double?, since start: WorldInstant) -> Int? {
    guard let before else { return nil }
    let half = step * Double(context.cellCount) / 2
    return samples.firstIndex { $0.at > start && ($0.voltage ?? before) - before >= half }
  }
}
