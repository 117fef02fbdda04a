import Model
import Quantities

/// JSON of the parts that the report and the event stream share.
enum JSONParts {
  static func optional(_ text: String?) -> OrderedJSON { text.map { .string($0) } ?? .null }
  static func optional(_ number: Double?) -> OrderedJSON { number.map { .double($0) } ?? .null }

  static func recovery(_ recovery: Recovery) -> [(key: String, value: OrderedJSON)] {
    [("cutBytes", .int(recovery.cutBytes)), ("guardProof", optional(recovery.guardProof))]
  }

  static func judgedFrom(_ source: JudgedFrom) -> OrderedJSON {
    .object([
      ("run", .string(source.run)), ("judgedAt", .string(source.judgedAt)),
      ("journalHead", .string(source.journalHead)),
      ("procedure", document(source.procedure)),
    ])
  }

  static func measurement(_ measurement: Measurement) -> OrderedJSON {
    let text = MeasurementWording(measurement)
    return .object([
      ("step", .string(measurement.step)),
      ("name", .string(measurement.name)),
      ("channel", .string(measurement.channel)),
      ("value", value(measurement.observation)),
      ("missing", missing(measurement.observation)),
      ("text", .string(text.value)),
      ("dimension", optional(measurement.dimension?.rawValue)),
      ("unit", optional(measurement.dimension?.baseUnit.symbol)),
      ("uncertainty", optional(measurement.uncertainty)),
      ("limit", measurement.limit.map { limit($0, text) } ?? .null),
      ("rule", measurement.rule.map(rule) ?? .null),
      ("outcome", .string(measurement.outcome.rawValue)),
      ("instruments", .array(measurement.instruments.map { .string($0) })),
      ("atSeconds", .double(measurement.at)),
      ("note", .string(measurement.note)),
    ])
  }

  private static func value(_ observation: Observation) -> OrderedJSON {
    switch observation {
    case .number(let number): .double(number)
    case .text(let words): .string(words)
    case .flag(let flag): .bool(flag)
    case .atLeast, .missing: .null
    }
  }

  private static func missing(_ observation: Observation) -> OrderedJSON {
    switch observation {
    case .missing(let reason): .string(reason)
    case .atLeast(let number): .string("had not come after \(number)")
    case .number, .text, .flag: .null
    }
  }

  private static func limit(_ limit: ResolvedLimit, _ text: MeasurementWording) -> OrderedJSON {
    .object([
      ("id", .string(limit.id)),
      ("title", .string(limit.title)),
      ("requirement", .string(limit.requirement)),
      ("also", .array(limit.also.map { .string($0) })),
      ("basis", .string(Words.basis(limit.basis))),
      ("source", .string(limit.source)),
      ("low", optional(limit.low)),
      ("high", optional(limit.high)),
      ("expected", optional(limit.expected)),
      ("recorded", .bool(limit.recorded)),
      ("nominal", optional(limit.nominal)),
      ("acceptLow", optional(text.acceptance?.low ?? limit.low)),
      ("acceptHigh", optional(text.acceptance?.high ?? limit.high)),
      (
        "conflicts",
        .array(
          limit.conflicts.map { .object([("id", .string($0.id)), ("decision", .string($0.decision))]) })
      ),
    ])
  }

  static func rule(_ rule: DecisionRule) -> OrderedJSON {
    .object([("name", .string(rule.name)), ("guardFactor", .double(rule.guardFactor))])
  }

  static func answer(_ answer: Answer) -> OrderedJSON {
    .object([
      ("step", .string(answer.step)), ("prompt", .string(answer.prompt)),
      ("question", .string(answer.question)), ("answer", .string(answer.answer)),
      ("person", .string(answer.person)), ("origin", .string(answer.origin)),
      ("date", .string(answer.date)),
    ])
  }

  static func document(_ reference: DocumentReference) -> OrderedJSON {
    .object([
      ("name", .string(reference.name)), ("revision", .string(reference.revision)),
      ("sha256", .string(reference.contentHash)),
    ])
  }

  static func error(_ error: RunRecord.RigError) -> OrderedJSON {
    .object([
      ("step", .string(error.step)), ("instrument", .string(error.instrument)),
      ("message", .string(error.message)),
      ("atSeconds", .double(error.at)),
    ])
  }

  static func safeStateEntry(_ entry: SafeStateResult.Entry) -> OrderedJSON {
    .object([
      ("action", .string(entry.action)), ("confirmed", .bool(entry.confirmed)),
      ("message", .string(entry.message)),
    ])
  }

  static func startCondition(_ condition: StartCondition) -> OrderedJSON {
    .object([
      ("name", .string(condition.name)), ("met", .bool(condition.isMet)), ("words", .string(condition.words)),
    ])
  }

  static func fence(_ fence: FenceState) -> OrderedJSON {
    .object([
      ("name", .string(fence.name)), ("kind", .string(fence.kind.rawValue)),
      ("state", .string(fence.state.rawValue)),
      ("instruments", .array(fence.instruments.map { .string($0) })),
      ("programmed", .string(fence.programmed)), ("readBack", .string(fence.readBack)),
      ("note", .string(fence.note)), ("forbidsPass", .bool(fence.forbidsPass)),
    ])
  }

  static func trip(_ trip: WatchTrip) -> OrderedJSON {
    .object([
      ("watch", .string(trip.watch)), ("instrument", .string(trip.instrument)),
      ("channel", .string(trip.channel)), ("band", .string(trip.band)),
      (
        "samples",
        .array(trip.samples.map { .object([("text", .string($0.text)), ("atSeconds", .double($0.at))]) })
      ),
      ("verdict", .string(trip.verdict.rawValue)),
    ])
  }

  static func settings(_ snapshot: SettingsSnapshot) -> OrderedJSON {
    .object([
      ("moment", .string(snapshot.moment.rawValue)),
      ("frameHex", .string(snapshot.frameHex)),
      (
        "values",
        .array(snapshot.values.map { .object([("name", .string($0.name)), ("text", .string($0.text))]) })
      ),
    ])
  }

  static func trace(_ trace: Trace) -> OrderedJSON {
    .object([
      ("step", .string(trace.step)),
      ("title", .string(trace.title)),
      (
        "series",
        .array(
          trace.series.map { series in
            .object([
              ("name", .string(series.name)),
              ("dimension", .string(series.dimension.rawValue)),
              ("unit", .string(series.dimension.baseUnit.symbol)),
              ("steps", .bool(series.steps)),
              ("times", .array(series.times.map { .double($0) })),
              ("values", .array(series.values.map { .double($0) })),
            ])
          })
      ),
    ])
  }

  static func instrument(_ identity: InstrumentIdentity) -> OrderedJSON {
    .object([
      ("maker", .string(identity.maker)), ("model", .string(identity.model)),
      ("serial", .string(identity.serial)),
      ("firmware", .string(identity.firmware)),
    ])
  }

  static func unit(_ unit: UnitIdentity) -> OrderedJSON {
    .object([
      ("model", .string(unit.model)), ("hardware", .string(unit.hardware)),
      ("software", .string(unit.software)),
      ("protocolVersion", .string(unit.protocolVersion)), ("productionDate", .string(unit.productionDate)),
      ("deviceID", .string(unit.deviceID)), ("name", .string(unit.name)),
      ("powerOnCount", .int(unit.powerOnCount)), ("runtimeSeconds", .int(unit.runtimeSeconds)),
    ])
  }
}
