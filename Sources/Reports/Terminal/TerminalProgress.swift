import Model

/// What a person at a terminal sees of a run: events in, text out, no input or output of its own.
///
/// Plain mode writes one line per finished step and a block for what failed; it suits files and pipes. Live mode
/// adds a few lines at the bottom that are painted over: the running step, time against expectation, the last
/// measurements.
public struct TerminalProgress: Sendable {
  public enum Mode: Hashable, Sendable {
    case plain
    /// `width`: columns of the terminal, at least 40.
    case live(width: Int)
  }

  private struct Running: Sendable {
    var id: String
    var title: String
    var startedAt: Int64
    var measurements: [Measurement] = []
    var note = ""
    var hasError = false
  }

  private let mode: Mode
  private var header: RunHeader?
  private var origin: Int64 = 0
  private var now: Int64 = 0
  private var running: Running?
  private var recent: [Measurement] = []
  private var unreached: [(title: String, count: Int)] = []
  private var failures = 0
  private var measured = 0
  /// Lines of the live part that stand on the screen.
  private var painted = 0

  /// Measurements shown in the live part.
  private let recentLimit = 3
  /// Titles shown of steps that were not reached.
  private let unreachedLimit = 4

  public init(mode: Mode) { self.mode = mode }

  private var isLive: Bool { if case .live = mode { true } else { false } }
  private var width: Int { if case .live(let width) = mode { max(width, 40) } else { 100 } }

  /// Text to write for an event; often empty in plain mode.
  public mutating func text(for event: RunEvent) -> String {
    if case .runStarted = event.body { origin = event.nanoseconds }
    now = event.nanoseconds
    let lines = self.lines(for: event.body)
    guard isLive else { return lines.map { $0 + "\n" }.joined() }
    if case .runEnded = event.body {
      running = nil
      return erase() + lines.map { $0 + "\n" }.joined()
    }
    if case .traffic = event.body { return "" }
    return erase() + lines.map { $0 + "\n" }.joined() + paint()
  }

  /// Repaints the live part with the present time; empty in plain mode and outside a run.
  ///
  /// - Parameter nanoseconds: World time.
  public mutating func tick(nanoseconds: Int64) -> String {
    guard isLive, header != nil, painted > 0 else { return "" }
    now = max(now, nanoseconds)
    return erase() + paint()
  }

  // MARK: - Lines that stay

  private mutating func lines(for body: RunEvent.Body) -> [String] {
    switch body {
    case .runStarted(let header):
      self.header = header
      return opening(header)
    case .phaseStarted(let name, let title):
      return ["", colour(visible(title.isEmpty ? name : title), .bold)]
    case .stepStarted(let step, _, let title, _, _):
      running = Running(id: step, title: title.isEmpty ? step : title, startedAt: now)
      recent = []
      return []
    case .measured(let measurement):
      measured += measurement.observation == .missing("not reached") ? 0 : 1
      if measurement.outcome == .fail { failures += 1 }
      running?.measurements.append(measurement)
      recent = (recent + [measurement]).suffix(recentLimit)
      return []
    case .note(_, let text):
      running?.note = text
      return []
    case .rigError(_, let instrument, let message):
      running?.hasError = true
      let name = instrument.isEmpty ? "rig" : instrument
      return marked("RIG ERROR", .magenta, "\(name): \(message)")
    case .stopRequested(let reason): return ["  " + colour("STOP", .inverse) + "  \(visible(reason))"]
    case .stepEnded: return closing()
    case .safeState(let result): return safeState(result)
    case .tripped(let trip): return ["  " + colour("TRIP", .inverse) + "  \(visible(trip.words))"]
    case .startConditions, .fences: return []
    case .runEnded(let verdict, let reason, let confirmed): return conclusion(verdict, reason, confirmed)
    case .instrumentIdentified, .unitIdentified, .phaseEnded, .answered, .trace, .settings, .traffic,
      .recovered:
      return []
    }
  }

  private func opening(_ header: RunHeader) -> [String] {
    let cells = "\(header.model) \(header.chemistry.rawValue) \(header.cellCount) cells"
    return [
      "unit      \(colour(visible(header.unit), .bold))  \(visible(cells))",
      "procedure \(visible(header.procedureTitle)), revision \(visible(header.procedure.revision))",
      "rig       \(visible(header.rigTitle)), revision \(visible(header.rig.revision))",
      "run       \(visible(header.run)), seed \(header.seed), expected \(Words.duration(header.expectedSeconds))",
    ]
  }

  private mutating func closing() -> [String] {
    guard let step = running else { return [] }
    running = nil
    guard RecordReading.isReached(step.measurements) else {
      unreached.append((step.title, step.measurements.count))
      return []
    }
    let state = step.hasError ? .error : RecordReading.state(of: step.measurements)
    let word = TerminalText.padded(state == .fail ? "FAIL" : state.word, to: 12)
    let count = step.measurements.count
    let amount = count == 0 ? "" : "  \(Words.count(count, "measurement", "measurements"))"
    let title = TerminalText.padded(TerminalText.cut(visible(step.title), to: 46), to: 46)
    let time = Words.duration(Double(now - step.startedAt) / 1e9)
    let lines = [
      "  " + colour(word, TerminalText.paint(state))
        + "  \(title)  \(TerminalText.padded(time, to: 11))\(amount)"
    ]
    return lines + open(step.measurements)
  }

  /// A line for each failure and doubt; what is missing for one reason shares a line.
  private func open(_ measurements: [Measurement]) -> [String] {
    let indent = String(repeating: " ", count: 16)
    var lines: [String] = []
    var missing: [(reason: String, names: [String])] = []
    var conflicts: [String] = []
    for measurement in measurements {
      switch measurement.outcome {
      case .fail, .inconclusive:
        lines.append(indent + detail(measurement))
        for conflict in MeasurementWording(measurement).conflicts where !conflicts.contains(conflict) {
          conflicts.append(conflict)
        }
      case .notMeasured:
        var reason = ""
        if case .missing(let text) = measurement.observation { reason = text }
        let name = MeasurementWording(measurement).name
        if let index = missing.firstIndex(where: { $0.reason == reason }) {
          missing[index].names.append(name)
        } else {
          missing.append((reason, [name]))
        }
      case .pass, .notApplicable, .information: break
      }
    }
    // After all failures of the step: many channels rest on one conflict.
    for conflict in conflicts { lines += wrapped(conflict, indent: indent) }
    for (reason, names) in missing {
      lines += wrapped(
        "not measured: \(names.joined(separator: ", "))" + (reason.isEmpty ? "" : " (\(reason))"),
        indent: indent)
    }
    return lines
  }

  /// A marked line, wrapped below its text.
  private func marked(_ mark: String, _ paint: TerminalText.Paint, _ text: String) -> [String] {
    var lines = wrapped(text, indent: String(repeating: " ", count: mark.count + 4))
    lines[0] = "  " + colour(mark, paint) + "  " + lines[0].dropFirst(mark.count + 4)
    return lines
  }

  private func wrapped(_ text: String, indent: String) -> [String] {
    // One column stays free: a full last column makes some terminals wrap.
    TerminalText.wrapped(visible(text), to: width - 1 - indent.count).map { indent + $0 }
  }

  /// `trip-voltage · cell 7  4.2312 V, 16.2 mV too high  (limit 4.185 … 4.215 V, U 1.2 mV, SPEC-OVP-01)`
  private func detail(_ measurement: Measurement) -> String {
    let text = MeasurementWording(measurement)
    var line = "\(text.name)  \(text.value)"
    if !text.excess.isEmpty { line += ", \(text.excess)" }
    var facts: [String] = []
    if !text.limit.isEmpty { facts.append("limit \(text.limit)") }
    if !text.uncertainty.isEmpty { facts.append("U \(text.uncertainty)") }
    if let limit = measurement.limit {
      facts.append(limit.requirement)
      if limit.basis == .project { facts.append(Words.basis(limit.basis)) }
    }
    let shown = facts.filter { !$0.isEmpty }.joined(separator: ", ")
    return visible(shown.isEmpty ? line : "\(line)  (\(shown))")
  }

  private func safeState(_ result: SafeStateResult) -> [String] {
    result.entries.filter { !$0.confirmed }.flatMap {
      marked("NOT SAFE", .magenta, "\($0.action): \($0.message)")
    }
  }

  private func conclusion(_ verdict: Verdict, _ reason: String, _ confirmed: Bool) -> [String] {
    let word = colour(" \(verdict.rawValue.uppercased()) ", isLive ? TerminalText.paint(verdict) : .bold)
    let counts = "\(Words.count(measured, "measurement", "measurements")), \(failures) failed"
    let safe =
      confirmed
      ? "safe state confirmed" : colour("SAFE STATE NOT CONFIRMED: check the rig before you touch it", .red)
    return notReached + [
      "", "\(word) \(visible(header?.unit ?? ""))  \(counts), \(Words.duration(elapsed)), \(safe)",
    ]
  }

  private var notReached: [String] {
    guard !unreached.isEmpty else { return [] }
    let others = unreached.count - unreachedLimit
    let titles =
      unreached.prefix(unreachedLimit).map(\.title).joined(separator: " · ")
      + (others > 0 ? " · and \(others) more" : "")
    let amount = Words.count(unreached.count, "step", "steps")
    return [""] + marked("not reached", .faint, "\(amount): \(titles)")
  }

  // MARK: - The part that is painted over

  private var elapsed: Double { Double(now - origin) / 1e9 }

  private mutating func erase() -> String {
    guard painted > 0 else { return "" }
    let up = painted
    painted = 0
    return "\r\u{1B}[\(up)A\u{1B}[J"
  }

  private mutating func paint() -> String {
    guard let header else { return "" }
    var lines: [String] = []
    let expected = header.expectedSeconds
    let bar = TerminalText.bar(expected > 0 ? elapsed / expected : 0, width: 24)
    let clock = "\(bar) \(Words.duration(elapsed)) of about \(Words.duration(expected))"
    lines.append(clock + (failures > 0 ? "  \(failures) failed" : ""))
    if let running {
      let time = Words.duration(Double(now - running.startedAt) / 1e9)
      lines.append(
        "▸ \(visible(running.title))  \(time)" + (running.note.isEmpty ? "" : "  \(visible(running.note))"))
    }
    for measurement in recent {
      let text = MeasurementWording(measurement)
      let limit = text.limit.isEmpty ? "" : "  (\(text.limit))"
      lines.append(
        "    " + visible("\(text.name)  \(text.value)\(limit)  \(Words.outcome(measurement.outcome))"))
    }
    painted = lines.count
    // One column stays free: a full last column makes some terminals wrap.
    return lines.map { colour(TerminalText.cut($0, to: width - 1), .faint) + "\n" }.joined()
  }

  private func visible(_ text: String) -> String { VisibleText.of(text) }
  private func colour(_ text: String, _ paint: TerminalText.Paint) -> String {
    TerminalText.painted(text, paint, when: isLive)
  }
}
