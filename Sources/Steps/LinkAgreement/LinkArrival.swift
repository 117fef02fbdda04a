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

  /// What stands still or is mute has not shown the change for as long as was waited: no reading that is missing, but
  /// the unit's.
  private func seen(
    _ samples: [LinkSample], _ before: Double?, since start: WorldInstant
  ) -> (Observation, note: String) {
    if let seconds = reached(samples, before, since: start) { return (.init(reading: seconds), "") }
    if samples.isEmpty { return (.init(reading: limit), "nothing was told at all until then") }
    guard before != nil else { return (.missing("nothing was told before the change"), "") }
    return (.init(reading: limit), "the change did not show until then")
  }

  /// Seconds until a link first told more than half of the change.
  private func reached(_ samples: [LinkSample], _ before: Double?, since start: WorldInstant) -> Double? {
    guard let before else { return nil }
    let half = step * Double(context.cellCount) / 2
    return samples.first { $0.at > start && ($0.voltage ?? before) - before >= half }
      .map { ($0.at - start).seconds }
  }
}
