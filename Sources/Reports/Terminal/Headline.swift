import Model

/// The reason of a verdict in one line of a terminal: the first of several, cut where it grows too long.
public enum Headline {
  static let lengthMax = 140

  public static func of(_ record: RunRecord) -> String {
    let items =
      switch record.verdict {
      case .error:
        record.errors.map { $0.instrument.isEmpty ? $0.message : "\($0.instrument): \($0.message)" }
      case .fail: record.measurements.filter { $0.outcome == .fail }.map(words)
      case .inconclusive:
        record.measurements.filter { $0.outcome == .inconclusive || $0.outcome == .notMeasured }.map(words)
      case .pass, .aborted, nil: [record.reason]
      }
    guard let first = items.first else { return VisibleText.of(record.reason) }
    let others = items.count - 1
    return TerminalText.cut(VisibleText.of(first), to: lengthMax) + (others > 0 ? "; and \(others) more" : "")
  }

  private static func words(_ measurement: Measurement) -> String {
    let text = MeasurementWording(measurement)
    let limit = text.limit.isEmpty ? "" : ", limit \(text.limit)"
    let conflicts = measurement.limit.map(MeasurementText.conflictNames) ?? ""
    return
      "\(measurement.limit?.requirement ?? measurement.step) \(text.name): \(text.value)\(limit)\(conflicts)"
  }
}
