import Engine
import Model
import Quantities
import Steps

/// The measurements of one step under the limits of a procedure.
struct StepJudgement {
  let step: ProcedureStep
  let rule: DecisionRule
  let limits: LimitResolver
  let values: FieldValues?
  /// The run that measured.
  let run: String

  /// Measured in every step without being declared, and judged by the limit of its own name.
  private static let undeclared = "keeps-running"

  /// Everything the step asks for, judged; what was not measured says so.
  func judged(_ measured: [Measurement]) -> [Measurement] {
    var names = step.measure.map { ($0.name, $0.use) }
    if !names.contains(where: { $0.0 == Self.undeclared }), let first = step.measure.first {
      names.append((Self.undeclared, .limit(Self.undeclared, first.place)))
    }
    return names.flatMap { name, use -> [Measurement] in
      let found = measured.filter { $0.name == name }
      guard !found.isEmpty else {
        return name == Self.undeclared ? [] : [absent(name, "run \(run) did not measure it")]
      }
      return found.map { judged($0, use) }
    } + measured.filter { $0.name == StepContext.completed }.map { brokenOff($0) }
  }

  /// No limits make a step whole that broke off.
  private func brokenOff(_ old: Measurement) -> Measurement {
    var measurement = old
    measurement.step = step.id
    return measurement
  }

  /// Nothing of the step can be used.
  func missing(_ why: String) -> [Measurement] { step.measure.map { absent($0.name, why) } }

  private func absent(_ name: String, _ why: String) -> Measurement {
    let kind = StepCatalog.kind(step.kind)
    let declared = values.flatMap { kind?.measurements(for: $0) } ?? kind?.measurements ?? []
    let declaration = declared.first { $0.name == name }
    var measurement = Measurement(
      step: step.id, name: name, dimension: declaration?.dimension, observation: .missing(why),
      outcome: .notMeasured)
    if case .limit(let id, _)? = step.measure.first(where: { $0.name == name })?.use {
      measurement.rule = rule
      measurement.limit = limits.resolve(id, nominal: nil)
    }
    return measurement
  }

  private func judged(_ old: Measurement, _ use: MeasurementUse) -> Measurement {
    var measurement = old
    measurement.step = step.id
    measurement.limit = nil
    measurement.rule = nil
    // The unit does not have what would be measured: no limit changes that.
    if old.outcome == .notApplicable { return measurement }
    guard case .limit(let id, _) = use else {
      measurement.outcome = if case .missing = old.observation { .notMeasured } else { .information }
      return measurement
    }
    measurement.rule = rule
    let nominal: Nominal? =
      switch old.nominal {
      case .number(let number)?: .number(number)
      case .text(let text)?: .text(text)
      case .flag?, .atLeast?, .missing?, nil: nil
      }
    let reach = values.flatMap { StepCatalog.kind(step.kind)?.reach($0) } ?? []
    guard var limit = limits.resolve(id, nominal: nominal, reach: reach) else {
      measurement.outcome = .notMeasured
      measurement.note += " limit '\(id)' could not be resolved"
      return measurement
    }
    // What the step's own nominal rests on is known from the old judgement only.
    if let before = old.limit, before.id == limit.id {
      limit.also += before.also.filter { !limit.also.contains($0) && $0 != limit.requirement }
      limit.conflicts += before.conflicts.filter { !limit.conflicts.contains($0) }
    }
    measurement.limit = limit
    measurement.outcome = Judge.outcome(
      of: measurement.observation, uncertainty: measurement.uncertainty, against: limit, rule: rule)
    return measurement
  }
}
