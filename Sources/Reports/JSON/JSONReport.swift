import Model
import Quantities

/// The report machines read: everything a person sees in the page, under `JSONReportSchema`.
public struct JSONReport: ReportFormat {
  public static let name = "json"
  public static let fileExtension = "json"
  public static let summary = "the whole run as JSON with a published schema"

  public init() {}

  public func render(record: RunRecord, context: ReportContext) -> [UInt8] {
    Array((document(record, context).serialized(pretty: true) + "\n").utf8)
  }

  private func document(_ record: RunRecord, _ context: ReportContext) -> OrderedJSON {
    let reading = RecordReading(record)
    return .object([
      ("schema", .string(JSONReportSchema.identifier)),
      ("run", run(record)),
      ("verdict", .string(Words.verdict(record.verdict))),
      ("reason", .string(record.reason)),
      ("simulated", .bool(reading.isSimulated)),
      ("unit", unit(record)),
      ("counts", counts(reading)),
      ("safeState", safeState(record)),
      ("startConditions", .array(record.startConditions.map(JSONParts.startCondition))),
      ("fences", .array(record.fences.map(JSONParts.fence))),
      ("trips", .array(record.trips.map(JSONParts.trip))),
      ("rigErrors", .array(record.errors.map(JSONParts.error))),
      ("stopReason", JSONParts.optional(record.stopReason)),
      (
        "phases",
        .array(record.phases.map { .object([("name", .string($0.name)), ("title", .string($0.title))]) })
      ),
      ("steps", .array(record.steps.map { step($0, reading) })),
      ("answers", .array(record.answers.map(JSONParts.answer))),
      ("settings", .array(record.settings.map(JSONParts.settings))),
      ("traces", .array(record.traces.map(JSONParts.trace))),
      ("instruments", .array(record.header.instruments.map { instrument($0, record) })),
      ("traceability", traceability(record, context)),
    ])
  }

  private func run(_ record: RunRecord) -> OrderedJSON {
    let header = record.header
    return .object([
      ("id", .string(header.run)),
      ("workflow", .string(header.workflow.rawValue)),
      ("procedure", .string(header.procedure.name)),
      ("procedureTitle", .string(header.procedureTitle)),
      ("rig", .string(header.rig.name)),
      ("rigTitle", .string(header.rigTitle)),
      ("startedAt", .string(header.startedAt)),
      ("elapsedSeconds", .double(record.elapsedSeconds)),
      ("expectedSeconds", .double(header.expectedSeconds)),
      ("criticalRule", JSONParts.rule(header.criticalRule)),
      ("otherRule", JSONParts.rule(header.otherRule)),
    ])
  }

  private func unit(_ record: RunRecord) -> OrderedJSON {
    let header = record.header
    return .object([
      ("serial", .string(header.unit)),
      ("model", .string(header.model)),
      ("chemistry", .string(header.chemistry.rawValue)),
      ("cellCount", .int(header.cellCount)),
      ("identity", record.unit.map(JSONParts.unit) ?? .null),
    ])
  }

  private func counts(_ reading: RecordReading) -> OrderedJSON {
    .object(Outcome.allCases.map { ($0.rawValue, .int(reading.count($0))) })
  }

  private func safeState(_ record: RunRecord) -> OrderedJSON {
    .object([
      ("confirmed", .bool(record.safeStateConfirmed)),
      ("entries", .array(record.safeState?.entries.map(JSONParts.safeStateEntry) ?? [])),
    ])
  }

  private func step(_ step: RunRecord.Step, _ reading: RecordReading) -> OrderedJSON {
    .object([
      ("id", .string(step.id)),
      ("kind", .string(step.kind)),
      ("title", .string(step.title)),
      ("phase", .string(step.phase)),
      ("state", .string(reading.state(of: step).rawValue)),
      ("startedAtSeconds", .double(step.startedAt)),
      ("endedAtSeconds", JSONParts.optional(step.endedAt)),
      ("measurements", .array(step.measurements.map(JSONParts.measurement))),
      ("undelivered", .array(reading.undelivered(step).map { .string($0) })),
      ("notes", .array(step.notes.map { .string($0) })),
    ])
  }

  private func instrument(_ instrument: RigInstrument, _ record: RunRecord) -> OrderedJSON {
    let said = record.instruments.last { $0.name == instrument.name }
    return .object([
      ("name", .string(instrument.name)),
      ("driver", .string(instrument.driver)),
      ("address", .string(instrument.address)),
      ("serial", .string(instrument.serial)),
      ("identified", said.map(JSONParts.instrument) ?? .null),
      (
        "calibration",
        instrument.calibration.map {
          .object([
            ("certificate", .string($0.certificate)), ("date", .string($0.date)), ("due", .string($0.due)),
          ])
        } ?? .null
      ),
      (
        "uncertainty",
        .object(
          instrument.uncertainty.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.formatted())) })
      ),
    ])
  }

  private func traceability(_ record: RunRecord, _ context: ReportContext) -> OrderedJSON {
    let header = record.header
    return .object([
      ("program", .string(header.program)),
      // As text: the whole range of the seed does not fit the numbers of every JSON reader.
      ("seed", .string("\(header.seed)")),
      ("manual", .string(header.document)),
      ("procedure", JSONParts.document(header.procedure)),
      ("included", .array((header.included ?? []).map(JSONParts.document))),
      ("rig", JSONParts.document(header.rig)),
      ("specification", JSONParts.document(header.specification)),
      ("unitFile", header.unitFile.map(JSONParts.document) ?? .null),
      ("answers", header.answers.map(JSONParts.document) ?? .null),
      ("journal", .string(context.journal)),
      ("journalHead", .string(context.journalHead)),
      ("exchanges", .int(record.trafficCount)),
      ("judgedFrom", header.judgedFrom.map(JSONParts.judgedFrom) ?? .null),
      ("recovery", record.recovery.map { .object(JSONParts.recovery($0)) } ?? .null),
    ])
  }
}
