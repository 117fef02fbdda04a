import Documents
import Engine
import Model
import Quantities
import Steps

/// Judges the measurements of a finished run under the limits of a procedure, today's or another's, into the events of
/// a new record. Nothing is measured and the old record stays as it is.
///
/// A measurement counts when the new procedure has a step of the same id, kind and parameters that asks for it. What
/// the new procedure asks and the old record does not hold is *not measured* and cannot pass. Start conditions, fences,
/// trips, errors of the rig, a stop and the safe state of the old run are the new record's, too: no judgement makes a
/// broken run a good one, or one that could not pass a passed one.
public struct RecordJudge {
  /// Why a record cannot be judged.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  let record: RunRecord
  let source: JudgedFrom
  let plan: PlanDraft
  let document: ProcedureDocument
  /// The one whose limits hold.
  public let specification: SpecificationDocument
  let limits: LimitResolver

  /// Reads the procedure for the unit of the record: its chemistry, string count and model.
  ///
  /// - Parameters:
  ///   - head: Hash of the last line of the record's journal.
  ///   - date: Now, ISO 8601 UTC.
  /// - Returns: Findings instead of a judge when the documents are wrong.
  /// - Throws: `Refusal` when the record cannot be judged at all.
  public static func make(
    record: RunRecord, head: String, procedurePath: String, date: String
  ) throws(Refusal) -> (judge: RecordJudge?, findings: [Finding]) {
    let header = record.header
    guard record.verdict != nil else {
      throw Refusal(description: "run \(header.run) has not ended")
    }
    if let origin = header.judgedFrom {
      throw Refusal(
        description:
          "run \(header.run) measured nothing: it is a judgement itself. Judge run \(origin.run), which measured"
      )
    }
    guard header.steps != nil else {
      throw Refusal(
        description:
          "run \(header.run) was recorded by an earlier version, which did not keep with what parameters "
          + "its steps measured")
    }
    let plan = PlanDraft(
      RunRequest(
        procedurePath: procedurePath, rigPath: "", unit: header.unit, chemistry: header.chemistry,
        cellCount: header.cellCount, model: header.model, date: String(date.prefix(10))))
    guard plan.findings.isEmpty, let document = plan.document, let specification = plan.specification,
      let limits = plan.limits
    else { return (nil, plan.findings) }
    let source = JudgedFrom(
      run: header.run, journalHead: head, procedure: header.procedure, judgedAt: date)
    return (
      RecordJudge(
        record: record, source: source, plan: plan, document: document, specification: specification,
        limits: limits), []
    )
  }

  /// The header of the new record.
  public func header(run: String, program: String) -> RunHeader {
    var header = record.header
    let procedure = plan.procedure
    header.run = run
    header.program = program
    header.workflow = procedure.workflow
    header.procedure = document.reference
    header.procedureTitle = procedure.title
    header.included = document.included.isEmpty ? nil : document.included
    header.specification = specification.reference
    header.document = specification.specification.document
    header.criticalRule = procedure.criticalRule
    header.otherRule = procedure.otherRule
    header.steps = procedure.stepHashes
    header.judgedFrom = source
    return header
  }

  /// The whole new journal, and what it concludes.
  public func events(header: RunHeader) -> [RunEvent] {
    var writer = EventWriter()
    writer.add(.runStarted(header))
    for identity in record.instruments { writer.add(.instrumentIdentified(identity)) }
    if let unit = record.unit { writer.add(.unitIdentified(unit)) }
    for settings in record.settings { writer.add(.settings(settings)) }
    if !record.startConditions.isEmpty { writer.add(.startConditions(record.startConditions)) }
    if !record.fences.isEmpty { writer.add(.fences(record.fences)) }
    for phase in plan.procedure.allPhases {
      writer.add(.phaseStarted(name: phase.name, title: phase.title))
      for step in phase.steps { judge(step, in: phase, &writer) }
      writer.add(.phaseEnded(name: phase.name))
    }
    conclude(&writer)
    return writer.events
  }

  private func judge(_ step: ProcedureStep, in phase: ProcedurePhase, _ writer: inout EventWriter) {
    writer.add(
      .stepStarted(
        step: step.id, kind: step.kind, title: step.title, phase: phase.name,
        declared: step.measure.map(\.name)))
    let old = record.steps.filter { $0.id == step.id }
    if let first = old.first { writer.rise(to: first.startedAt) }
    for answer in record.answers where answer.step == step.id { writer.add(.answered(answer)) }
    for note in old.flatMap(\.notes) { writer.add(.note(step: step.id, text: note)) }
    for trace in record.traces where trace.step == step.id { writer.add(.trace(trace)) }
    let judgement = StepJudgement(
      step: step, rule: step.critical ? plan.procedure.criticalRule : plan.procedure.otherRule,
      limits: limits,
      values: plan.parameters[step.id], run: source.run)
    let isSame = record.header.steps?[step.id] == plan.procedure.stepHashes[step.id]
    let found =
      isSame
      ? judgement.judged(old.flatMap(\.measurements))
      : judgement.missing(
        old.isEmpty
          ? "run \(source.run) has no step '\(step.id)'"
          : "run \(source.run) did step '\(step.id)' with other parameters")
    for measurement in found {
      writer.rise(to: measurement.at)
      writer.add(.measured(measurement))
    }
    writer.add(.stepEnded(step: step.id, failed: found.contains { $0.outcome == .fail }))
  }

  private func conclude(_ writer: inout EventWriter) {
    for trip in record.trips { writer.add(.tripped(trip)) }
    for error in record.errors {
      writer.add(.rigError(step: error.step, instrument: error.instrument, message: error.message))
    }
    if let reason = record.stopReason ?? (record.verdict == .aborted ? record.reason : nil) {
      writer.add(.stopRequested(reason: reason))
    }
    var facts = writer.facts
    // The journal of the old run could not be written, or the like.
    if record.verdict == .error, facts.rigErrors.isEmpty { facts.rigErrors.append(record.reason) }
    if let safeState = record.safeState { writer.add(.safeState(safeState)) }
    let (verdict, reason) = Judge.verdict(facts)
    writer.rise(to: record.elapsedSeconds)
    writer.add(.runEnded(verdict: verdict, reason: reason, safeStateConfirmed: record.safeStateConfirmed))
  }
}

/// Numbers events and folds them; their clock is that of the old run, as far as it is known.
private struct EventWriter {
  private(set) var events: [RunEvent] = []
  private(set) var facts = RunFacts()
  private var nanoseconds: Int64 = 0

  mutating func rise(to seconds: Double) {
    nanoseconds = max(nanoseconds, Int64((max(0, min(seconds, 9e9)) * 1e9).rounded()))
  }

  mutating func add(_ body: RunEvent.Body) {
    events.append(RunEvent(sequence: events.count, nanoseconds: nanoseconds, body: body))
    facts.take(body)
  }
}
