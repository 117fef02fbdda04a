import Model

/// What a step as a whole came to, for dots and progress lines.
enum StepState: String, CaseIterable {
  case pass, fail, inconclusive, notMeasured, error, information, unfinished

  var word: String {
    switch self {
    case .pass: "pass"
    case .fail: "fail"
    case .inconclusive: "inconclusive"
    case .notMeasured: "not measured"
    case .error: "rig error"
    case .information: "done"
    case .unfinished: "not finished"
    }
  }
}

/// Answers about a record that every format gives in the same way.
struct RecordReading {
  let record: RunRecord
  let measurements: [Measurement]

  init(_ record: RunRecord) {
    self.record = record
    measurements = record.measurements
  }

  func measurements(_ outcome: Outcome) -> [Measurement] { measurements.filter { $0.outcome == outcome } }
  func count(_ outcome: Outcome) -> Int { measurements.count { $0.outcome == outcome } }

  /// Measurements a step declared and never made, because it ended early.
  func undelivered(_ step: RunRecord.Step) -> [String] {
    step.declared.filter { name in !step.measurements.contains { $0.name == name } }
  }

  func state(of step: RunRecord.Step) -> StepState {
    if record.errors.contains(where: { $0.step == step.id }) { return .error }
    let state = Self.state(of: step.measurements)
    if state == .fail { return .fail }
    if step.endedAt == nil { return .unfinished }
    return undelivered(step).isEmpty || state == .inconclusive ? state : .notMeasured
  }

  static func state(of measurements: [Measurement]) -> StepState {
    let outcomes = measurements.map(\.outcome)
    if outcomes.contains(.fail) { return .fail }
    if outcomes.contains(.notMeasured) { return .notMeasured }
    if outcomes.contains(.inconclusive) { return .inconclusive }
    return outcomes.contains(.pass) ? .pass : .information
  }

  /// Steps of a phase that were begun.
  func steps(in phase: RunRecord.Phase) -> [RunRecord.Step] {
    record.steps.filter { $0.phase == phase.name && Self.isReached($0.measurements) }
  }

  /// Steps the run ended before. Their measurements stand in the record and are not worth a line each.
  var unreached: [RunRecord.Step] { record.steps.filter { !Self.isReached($0.measurements) } }

  /// False when the engine closed a step that never began.
  static func isReached(_ measurements: [Measurement]) -> Bool {
    measurements.isEmpty || !measurements.allSatisfy { $0.observation == .missing("not reached") }
  }

  /// `24 steps were not reached: Identity, Accuracy, …`; nil when all were.
  var unreachedSentence: String? {
    let steps = unreached
    guard !steps.isEmpty else { return nil }
    let titles = steps.map { $0.title.isEmpty ? $0.id : $0.title }.joined(separator: " · ")
    return "\(Words.count(steps.count, "step was", "steps were")) not reached: \(titles)."
  }

  /// Decided neither way, in steps that were begun.
  var undecided: [Measurement] {
    record.steps.filter { Self.isReached($0.measurements) }.flatMap(\.measurements)
      .filter { $0.outcome == .inconclusive || $0.outcome == .notMeasured }
  }

  /// Requirements that were judged, in the order they were first met.
  var requirements: [(id: String, measurements: [Measurement])] {
    var order: [String] = []
    var groups: [String: [Measurement]] = [:]
    for measurement in measurements {
      guard let id = measurement.limit?.requirement, !id.isEmpty else { continue }
      if groups[id] == nil { order.append(id) }
      groups[id, default: []].append(measurement)
    }
    return order.map { ($0, groups[$0]!) }
  }

  func snapshot(_ moment: SettingsSnapshot.Moment) -> SettingsSnapshot? {
    record.settings.last { $0.moment == moment }
  }

  /// Names of settings that were left other than they were received; nil when one of both is not known.
  var settingsLeftChanged: [String]? {
    guard let received = snapshot(.asReceived), let restored = snapshot(.restored) else { return nil }
    let left = Dictionary(restored.values.map { ($0.name, $0.text) }) { first, _ in first }
    return received.values.filter { left[$0.name] != nil && left[$0.name] != $0.text }.map(\.name)
  }

  /// True when at least one instrument is a simulated one: such a report says nothing about a real unit.
  var isSimulated: Bool {
    !record.header.instruments.isEmpty
      && record.header.instruments.contains { $0.address.hasPrefix("sim://") }
  }

  /// The reasons for the verdict in one to a few sentences; what a reader in a hurry needs.
  var why: [String] {
    switch record.verdict {
    case .pass:
      let judged = count(.pass)
      return ["All \(judged) judged measurements are inside their limits."]
    case .fail:
      let judged = count(.pass) + count(.fail)
      return [
        "\(count(.fail)) of \(judged) judged measurements \(count(.fail) == 1 ? "is" : "are") outside the limits."
      ]
    case .inconclusive:
      let open = count(.inconclusive) + count(.notMeasured)
      return open == 0
        ? [record.reason]
        : ["Nothing failed, but \(Words.count(open, "measurement", "measurements")) could not be decided."]
    case .error:
      return [
        "The rig failed, not the unit. This run says nothing about the unit; repeat it once the rig is repaired."
      ]
    case .aborted:
      return [
        record.stopReason ?? record.reason, "The run was stopped. It says nothing final about the unit.",
      ]
    case nil: return ["The run has no recorded end."]
    }
  }
}
