import Model
import Quantities

/// The stored form of an event: `{"body":{CASE:{…}},"nanoseconds":N,"sequence":N}`.
///
/// It is the form that the compiler derives for `Codable`, with the keys of every object in ascending order: a case is
/// an object of one key, its name; unnamed associated values are `_0`; what is nil is left out. Readers rely on it: a
/// new case or an optional field may be added, nothing may be renamed.
extension JSONText {
  mutating func event(_ event: RunEvent) {
    object {
      $0.object("body") { $0.body(event.body) }
      $0.field("nanoseconds", event.nanoseconds)
      $0.field("sequence", event.sequence)
    }
  }

  private mutating func body(_ body: RunEvent.Body) {
    switch body {
    case .traffic(let traffic): single("traffic") { $0.traffic(traffic) }
    case .measured(let measurement): single("measured") { $0.measurement(measurement) }
    case .runStarted(let header): single("runStarted") { $0.header(header) }
    case .instrumentIdentified(let identity): single("instrumentIdentified") { $0.identity(identity) }
    case .unitIdentified(let identity): single("unitIdentified") { $0.identity(identity) }
    case .answered(let answer): single("answered") { $0.answer(answer) }
    case .trace(let trace): single("trace") { $0.trace(trace) }
    case .settings(let snapshot): single("settings") { $0.settings(snapshot) }
    case .safeState(let result): single("safeState") { $0.safeState(result) }
    case .recovered(let recovery):
      single("recovered") {
        $0.field("cutBytes", recovery.cutBytes)
        $0.field("guardProof", recovery.guardProof)
      }
    case .startConditions, .fences, .tripped: safetyBody(body)
    case .phaseStarted(let name, let title):
      object("phaseStarted") {
        $0.field("name", name)
        $0.field("title", title)
      }
    case .phaseEnded(let name): object("phaseEnded") { $0.field("name", name) }
    case .stepStarted, .stepEnded, .note, .rigError: stepBody(body)
    case .stopRequested(let reason): object("stopRequested") { $0.field("reason", reason) }
    case .runEnded(let verdict, let reason, let confirmed):
      object("runEnded") {
        $0.field("reason", reason)
        $0.field("safeStateConfirmed", confirmed)
        $0.field("verdict", verdict.rawValue)
      }
    }
  }

  private mutating func stepBody(_ body: RunEvent.Body) {
    switch body {
    case .stepStarted(let step, let kind, let title, let phase, let declared):
      object("stepStarted") {
        $0.field("declared", declared)
        $0.field("kind", kind)
        $0.field("phase", phase)
        $0.field("step", step)
        $0.field("title", title)
      }
    case .stepEnded(let step, let failed):
      object("stepEnded") {
        $0.field("failed", failed)
        $0.field("step", step)
      }
    case .note(let step, let text):
      object("note") {
        $0.field("step", step)
        $0.field("text", text)
      }
    case .rigError(let step, let instrument, let message):
      object("rigError") {
        $0.field("instrument", instrument)
        $0.field("message", message)
        $0.field("step", step)
      }
    default: preconditionFailure("not an event of a step")
    }
  }

  /// A case with one unnamed value.
  private mutating func single(_ name: StaticString, _ members: (inout JSONText) -> Void) {
    object(name) { $0.object("_0", members) }
  }

  private mutating func answer(_ answer: Answer) {
    field("answer", answer.answer)
    field("date", answer.date)
    field("origin", answer.origin)
    field("person", answer.person)
    field("prompt", answer.prompt)
    field("question", answer.question)
    field("step", answer.step)
  }

  private mutating func traffic(_ traffic: Traffic) {
    if let at = traffic.at { field("at", at) }
    field("bytes", traffic.bytes)
    field("isText", traffic.isText)
    field("outgoing", traffic.outgoing)
    field("port", traffic.port)
    if let problem = traffic.problem { object("problem") { $0.problem(problem) } }
  }

  private mutating func problem(_ problem: Traffic.Problem) {
    field("advice", problem.advice)
    field("attempted", problem.attempted)
    field("bytesSeen", problem.bytesSeen)
    field("cause", problem.cause)
    field("code", problem.code)
    field("port", problem.port)
  }

  private mutating func identity(_ identity: InstrumentIdentity) {
    field("firmware", identity.firmware)
    field("maker", identity.maker)
    field("model", identity.model)
    field("name", identity.name)
    field("serial", identity.serial)
  }

  private mutating func identity(_ identity: UnitIdentity) {
    field("deviceID", identity.deviceID)
    field("hardware", identity.hardware)
    field("model", identity.model)
    field("name", identity.name)
    field("powerOnCount", identity.powerOnCount)
    field("productionDate", identity.productionDate)
    field("protocolVersion", identity.protocolVersion)
    field("runtimeSeconds", identity.runtimeSeconds)
    field("software", identity.software)
  }

  private mutating func trace(_ trace: Trace) {
    array("series", trace.series) { text, series in
      text.object {
        $0.field("dimension", series.dimension.rawValue)
        $0.field("name", series.name)
        $0.field("steps", series.steps)
        $0.field("times", series.times)
        $0.field("values", series.values)
      }
    }
    field("step", trace.step)
    field("title", trace.title)
  }

  private mutating func settings(_ snapshot: SettingsSnapshot) {
    field("frameHex", snapshot.frameHex)
    field("moment", snapshot.moment.rawValue)
    array("values", snapshot.values) { text, entry in
      text.object {
        $0.field("name", entry.name)
        $0.field("text", entry.text)
      }
    }
  }

  private mutating func safeState(_ result: SafeStateResult) {
    array("entries", result.entries) { text, entry in
      text.object {
        $0.field("action", entry.action)
        $0.field("confirmed", entry.confirmed)
        $0.field("message", entry.message)
      }
    }
  }

  // MARK: Measurements

  private mutating func measurement(_ measurement: Measurement) {
    field("at", measurement.at)
    field("channel", measurement.channel)
    field("dimension", measurement.dimension?.rawValue)
    field("instruments", measurement.instruments)
    if let limit = measurement.limit { object("limit") { $0.limit(limit) } }
    field("name", measurement.name)
    if let nominal = measurement.nominal { object("nominal") { $0.observation(nominal) } }
    field("note", measurement.note)
    object("observation") { $0.observation(measurement.observation) }
    field("outcome", measurement.outcome.rawValue)
    if let rule = measurement.rule { self.rule("rule", rule) }
    field("step", measurement.step)
    field("uncertainty", measurement.uncertainty)
  }

  private mutating func observation(_ observation: Observation) {
    switch observation {
    case .number(let value): object("number") { $0.field("_0", value) }
    case .text(let text): object("text") { $0.field("_0", text) }
    case .flag(let flag): object("flag") { $0.field("_0", flag) }
    case .atLeast(let value): object("atLeast") { $0.field("_0", value) }
    case .missing(let reason): object("missing") { $0.field("_0", reason) }
    }
  }

  private mutating func limit(_ limit: ResolvedLimit) {
    if !limit.also.isEmpty { field("also", limit.also) }
    field("basis", limit.basis.rawValue)
    if !limit.conflicts.isEmpty {
      array("conflicts", limit.conflicts) { text, conflict in
        text.object {
          $0.field("decision", conflict.decision)
          $0.field("id", conflict.id)
        }
      }
    }
    field("expected", limit.expected)
    field("high", limit.high)
    field("id", limit.id)
    field("low", limit.low)
    field("nominal", limit.nominal)
    if limit.recorded { field("recorded", true) }
    field("requirement", limit.requirement)
    field("source", limit.source)
    field("title", limit.title)
  }

  private mutating func rule(_ key: StaticString, _ rule: DecisionRule) {
    object(key) {
      $0.field("guardFactor", rule.guardFactor)
      $0.field("name", rule.name)
    }
  }

  // MARK: Header

  private mutating func header(_ header: RunHeader) {
    if let answers = header.answers { reference("answers", answers) }
    field("cellCount", header.cellCount)
    field("chemistry", header.chemistry.rawValue)
    rule("criticalRule", header.criticalRule)
    field("document", header.document)
    field("expectedSeconds", header.expectedSeconds)
    if let included = header.included {
      array("included", included) { text, phase in text.object { $0.reference(phase) } }
    }
    array("instruments", header.instruments) { text, instrument in text.object { $0.instrument(instrument) } }
    if let source = header.judgedFrom {
      object("judgedFrom") {
        $0.field("journalHead", source.journalHead)
        $0.field("judgedAt", source.judgedAt)
        $0.reference("procedure", source.procedure)
        $0.field("run", source.run)
      }
    }
    field("model", header.model)
    rule("otherRule", header.otherRule)
    reference("procedure", header.procedure)
    field("procedureTitle", header.procedureTitle)
    field("program", header.program)
    reference("rig", header.rig)
    field("rigTitle", header.rigTitle)
    field("run", header.run)
    field("seed", header.seed)
    reference("specification", header.specification)
    field("startedAt", header.startedAt)
    if let steps = header.steps { table("steps", steps) { $0.string($1) } }
    field("unit", header.unit)
    if let file = header.unitFile { reference("unitFile", file) }
    field("workflow", header.workflow.rawValue)
  }

  private mutating func reference(_ key: StaticString, _ reference: DocumentReference) {
    object(key) { $0.reference(reference) }
  }

  private mutating func reference(_ reference: DocumentReference) {
    field("contentHash", reference.contentHash)
    field("name", reference.name)
    field("revision", reference.revision)
  }

  private mutating func instrument(_ instrument: RigInstrument) {
    field("address", instrument.address)
    if let calibration = instrument.calibration {
      object("calibration") {
        $0.field("certificate", calibration.certificate)
        $0.field("date", calibration.date)
        $0.field("due", calibration.due)
      }
    }
    field("driver", instrument.driver)
    field("name", instrument.name)
    table("options", instrument.options) { $0.string($1) }
    field("serial", instrument.serial)
    table("simulated", instrument.simulated) { $0.string($1) }
    table("uncertainty", instrument.uncertainty) { text, quantity in
      text.object {
        $0.field("base", quantity.base)
        $0.field("dimension", quantity.dimension.rawValue)
      }
    }
  }
}
