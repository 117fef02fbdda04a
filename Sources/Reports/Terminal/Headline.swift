import Model

/// The reason of a verdict in one line of a terminal: the first of several, cut where it grows too long.
public enum Headline {
  static let lengthMax = 140

  /// - Parameter unrecorded: Why the run ended, when its record could not be written that far.
  public static func of(_ record: RunRecord, unrecorded: String? = nil) -> String {
    let items =
      switch record.verdict {
      case .error:
        record.errors.map { $0.instrument.isEmpty ? $0.message : "\($0.instrument): \($0.message)" }
      case .fail: record.measurements.filter { $0.outcome == .fail }.map(words)
      case .inconclusive:
        record.measurements.filter { $0.outcome == .inconclusive || $0.outcome == .notMeasured }.map(words)
      case .pass, .aborted: [record.reason]
      case nil:
        [unrecorded ?? record.stopReason.map { "no end was recorded; asked to stop: \($0)" } ?? withoutEnd]
      }
    guard let first = items.first else { return VisibleText.of(record.reason) }
    let others = items.count - 1
    return TerminalText.cut(VisibleText.of(first), to: lengthMax) + (others > 0 ? "; and \(others) more" : "")
  }

  private static let withoutEnd =
    "no end was recorded: the run goes on, or its record could not be written to the end"

  private static func words(_ measurement: Measurement) -> String {
    let text = MeasurementWording(measurement)
    let limit = text.limit.isEmpty ? "" : ", limit \(text.limit)"
    let conflicts = measurement.limit.map(MeasurementText.conflictNames) ?? ""
    return
      "\(measurement.limit?.requirement ?? measurement.step) \(text.name): \(text.value)\(limit)\(conflicts)"
  }
}
