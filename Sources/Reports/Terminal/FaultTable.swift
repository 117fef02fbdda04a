import Model

/// A study of faults in text: counts by kind and verdict, then what must not happen.
public enum FaultTable {
  static let verdicts: [Verdict] = [.pass, .fail, .inconclusive, .error, .aborted]

  public static func text(_ report: FaultStudyReport) -> String {
    let heads = ["fault", "drawn", "struck"] + verdicts.map(\.rawValue)
    var rows = [heads]
    for kind in report.kinds where kind.drawn > 0 {
      rows.append(
        [kind.kind.rawValue, "\(kind.drawn)", "\(kind.struck)"]
          + verdicts.map { "\(kind.verdicts[$0.rawValue] ?? 0)" })
    }
    let widths = heads.indices.map { column in rows.map { $0[column].count }.max()! }
    var text = rows.map { row in
      row.indices.map { $0 == 0 ? left(row[$0], widths[$0]) : right(row[$0], widths[$0]) }
        .joined(separator: "  ")
    }.joined(separator: "\n")
    text += "\n\n" + violations(report) + summary(report)
    return text
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func violations(_ report: FaultStudyReport) -> String {
    report.violations.map { violation in
      var lines = ["seed \(violation.seed): \(violation.verdict): \(violation.reason)"]
      lines += violation.words.map { "  ! \($0)" }
      lines += violation.faults.map { "  fault: \($0)" }
      lines.append("  replay: \(violation.replay)")
      return lines.joined(separator: "\n") + "\n\n"
    }.joined() + further(report)
  }

  private static func further(_ report: FaultStudyReport) -> String {
    guard let replay = report.furtherReplay else { return "" }
    return "\(report.further.count) more seeds with violations\n  replay: \(replay)\n\n"
  }

  public static func summary(_ report: FaultStudyReport) -> String {
    let counts = verdicts.map { "\(report.verdicts[$0.rawValue] ?? 0) \($0.rawValue)" }
      .joined(separator: ", ")
    let stopped = report.stopped.map { "stopped: \($0)\n" } ?? ""
    return """
      \(report.done) of \(report.planned) runs, \(Int(report.hours.rounded())) h on the rig's clock: \(counts)
      safe state not confirmed, and said so: \(report.notConfirmed)
      failed measurements of a good unit under another verdict: \(report.failedWithin)
      \(stopped)\(report.violated) violations

      """
  }
}
