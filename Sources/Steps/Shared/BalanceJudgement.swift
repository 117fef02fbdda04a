import Engine
import Model
import Quantities

/// What one recording of transfers says, under the names that the balancing steps share.
struct BalanceJudgement {
  let context: StepContext
  let log: BalanceLog
  /// Amperes set.
  let setting: Double
  let channel: String

  private var by: [String] { context.bench.instrumentNames(.cells) }
  private var u: Double { context.uncertainty(.cells, "current", at: setting) }
  private var complete: [BalanceLog.Phase] { log.phases().filter(\.complete) }

  /// Records the mean currents. Not a number where no phase was complete.
  func means() -> (source: Double, sink: Double) {
    let source = mean("source-current", sourcing: true)
    return (source, mean("sink-current", sourcing: false))
  }

  private func mean(_ name: String, sourcing: Bool) -> Double {
    let mine = complete.filter { $0.sourcing == sourcing }
    guard !mine.isEmpty else {
      context.measure(name, channel: channel, .missing("no complete phase"), by: by)
      return .nan
    }
    let mean = mine.map(\.mean).reduce(0, +) / Double(mine.count)
    context.measure(
      name, channel: channel, .init(reading: mean), uncertainty: u, nominal: .number(setting), by: by,
      note: "\(mine.count) phases")
    return mean
  }

  /// Records order, durations and duty.
  func phases() {
    let disorder = log.disorder
    context.measure(
      "alternates", channel: channel, log.phases().isEmpty ? .missing("no current") : .flag(disorder == nil),
      by: by, note: disorder ?? "")
    guard disorder == nil, !complete.isEmpty else {
      context.measure("phase-duration", channel: channel, .missing(disorder ?? "no complete phase"), by: by)
      return
    }
    for (index, phase) in complete.enumerated() {
      context.measure(
        "phase-duration", channel: "\(channel), \(phase.sourcing ? "out" : "in") \(index + 1)",
        .init(reading: phase.duration), uncertainty: phase.gap / 2, by: by)
    }
    duty()
  }

  /// A complete giving phase over the time from the begin of a phase to the begin of the next but one.
  private func duty() {
    let phases = log.phases()
    let found = phases.indices.first { index in
      index > 0 && index + 2 < phases.count && phases[index].complete && phases[index + 1].complete
    }
    guard let found else {
      context.measure("duty", channel: channel, .missing("no complete cycle"), by: by)
      return
    }
    let giving = phases[phases[found].sourcing ? found : found + 1]
    let period = phases[found + 2].begin - phases[found].begin
    context.measure(
      "duty", channel: channel, .init(reading: giving.duration / period), uncertainty: giving.gap / period,
      by: by)
  }

  /// Records the other cells and the unit's own figures; the recording must have compared.
  func comparisons(channel: String) {
    context.measure("other-cells", channel: channel, .init(reading: log.otherCells), uncertainty: u, by: by)
    log.judgeTelemetry(context, u, channel: channel)
    context.measure(
      "telemetry-sign", channel: channel,
      log.signFollowsPhase.map { .flag($0) } ?? .missing("no frame fell into a steady phase"),
      by: ["unit"] + by)
  }
}
