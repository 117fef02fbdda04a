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

  /// Records whether the phases take turns, by the emulator and, where there is one, by the faster recording.
  func order(_ recording: TransferRecording?) {
    let disorder = log.disorder ?? (recording?.overlaps == true ? "both cells carry current at once" : nil)
    let contradiction = recording.flatMap(log.contradiction)
    let missing = log.phases().isEmpty ? "no current" : contradiction
    context.measure(
      "alternates", channel: channel, missing.map { .missing($0) } ?? .flag(disorder == nil),
      by: by, note: contradiction == nil ? disorder ?? "" : "")
  }

  /// Records durations and duty, timed at the unit's connector.
  func durations(_ recording: TransferRecording) {
    let count = TransferCount(log: log, recording: recording)
    let by = context.bench.instrumentNames(.cellReference)
    if let why = count.obstacle ?? (recording.overlaps ? "both cells carry current at once" : nil) {
      context.measure("phase-duration", channel: channel, .missing(why), by: by)
      return
    }
    let transfers = count.transfers
    for (index, transfer) in transfers.enumerated() {
      context.measure(
        "phase-duration", channel: "\(channel), \(transfer.isOut ? "out" : "in") \(index + 1)",
        .init(reading: transfer.duration), uncertainty: transfer.edgeUncertainty, by: by)
    }
    let giving = transfers.filter(\.isOut)
    guard giving.count > 1 else { return }
    let period = giving[1].begin - giving[0].begin
    context.measure(
      "duty", channel: channel, .init(reading: giving[0].duration / period),
      uncertainty: giving[0].edgeUncertainty / period, by: by)
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
