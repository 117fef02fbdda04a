import Model
import Quantities

/// The published shape of the JSON report: JSON Schema 2020-12. A change that an old reader cannot take gets a
/// new number in the identifier.
public enum JSONReportSchema {
  public static let identifier = "urn:bmsrig:run-report:1"

  /// The schema file's text.
  public static var text: String { schema.serialized(pretty: true) + "\n" }

  private typealias Field = (key: String, value: OrderedJSON)

  private static let string: OrderedJSON = ["type": "string"]
  private static let number: OrderedJSON = ["type": "number"]
  private static let integer: OrderedJSON = ["type": "integer"]
  private static let bool: OrderedJSON = ["type": "boolean"]
  private static let textOrNull: OrderedJSON = ["type": ["string", "null"]]
  private static let numberOrNull: OrderedJSON = ["type": ["number", "null"]]
  private static let hash: OrderedJSON = ["type": "string", "pattern": "^([0-9a-f]{64})?$"]

  /// An object with exactly these members.
  private static func object(_ fields: [Field], about: String = "") -> OrderedJSON {
    var members: [Field] = [("type", "object")]
    if !about.isEmpty { members.append(("description", .string(about))) }
    members.append(("required", .array(fields.map { .string($0.key) })))
    members.append(("additionalProperties", false))
    members.append(("properties", .object(fields)))
    return .object(members)
  }

  private static func list(_ item: OrderedJSON) -> OrderedJSON {
    .object([("type", "array"), ("items", item)])
  }
  private static func oneOf(_ words: [String]) -> OrderedJSON {
    .object([("enum", .array(words.map { .string($0) }))])
  }
  private static func orNull(_ schema: OrderedJSON) -> OrderedJSON {
    .object([("anyOf", .array([schema, ["type": "null"]]))])
  }
  private static func reference(_ name: String) -> OrderedJSON {
    .object([("$ref", .string("#/$defs/\(name)"))])
  }
  private static func described(_ schema: OrderedJSON, _ about: String) -> OrderedJSON {
    guard case .object(let members) = schema else { return schema }
    return .object(members + [("description", .string(about))])
  }

  private static var schema: OrderedJSON {
    guard case .object(let members) = object(topLevel) else { return .null }
    return .object(
      [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("$id", .string(identifier)),
        ("title", "bmsrig run report"),
        (
          "description", "One run of a procedure on one unit. Numbers are in the base unit named beside them."
        ),
      ] + members + [("$defs", .object(definitions))])
  }

  private static var topLevel: [Field] {
    [
      ("schema", .object([("const", .string(identifier))])),
      ("run", run),
      (
        "verdict",
        described(oneOf(Verdict.allCases.map(\.rawValue) + ["unfinished"]), "fail: unit, error: rig")
      ),
      ("reason", string),
      ("simulated", described(bool, "true when the rig was simulated: says nothing about a real unit")),
      ("unit", unit),
      ("counts", object(Outcome.allCases.map { ($0.rawValue, integer) })),
      ("safeState", object([("confirmed", bool), ("entries", list(reference("safeStateEntry")))])),
      ("startConditions", list(object([("name", string), ("met", bool), ("words", string)]))),
      ("fences", described(list(reference("fence")), "as the run left them")),
      ("trips", list(reference("trip"))),
      ("rigErrors", list(reference("rigError"))),
      ("stopReason", textOrNull),
      ("phases", list(object([("name", string), ("title", string)]))),
      ("steps", list(reference("step"))),
      ("answers", list(reference("answer"))),
      ("settings", list(reference("settings"))),
      ("traces", list(reference("trace"))),
      ("instruments", list(reference("instrument"))),
      ("traceability", traceability),
    ]
  }

  private static var run: OrderedJSON {
    object([
      ("id", string), ("workflow", oneOf(Workflow.allCases.map(\.rawValue))), ("procedure", string),
      ("procedureTitle", string), ("rig", string), ("rigTitle", string),
      ("startedAt", described(string, "ISO 8601, UTC")), ("elapsedSeconds", number),
      ("expectedSeconds", number),
      ("criticalRule", reference("rule")), ("otherRule", reference("rule")),
    ])
  }

  private static var unit: OrderedJSON {
    object([
      ("serial", string), ("model", string), ("chemistry", oneOf(Chemistry.allCases.map(\.rawValue))),
      ("cellCount", integer),
      (
        "identity",
        orNull(
          object([
            ("model", string), ("hardware", string), ("software", string), ("protocolVersion", string),
            ("productionDate", string), ("deviceID", string), ("name", string), ("powerOnCount", integer),
            ("runtimeSeconds", integer),
          ]))
      ),
    ])
  }

  private static var traceability: OrderedJSON {
    object([
      ("program", string), ("seed", described(string, "unsigned 64-bit, decimal")), ("manual", string),
      ("procedure", reference("document")),
      ("included", described(list(reference("document")), "phases of the procedure in files of their own")),
      ("rig", reference("document")),
      ("specification", reference("document")), ("unitFile", orNull(reference("document"))),
      ("answers", orNull(reference("document"))),
      ("journal", string),
      ("journalHead", described(hash, "hash of the journal's last line; covers every event")),
      ("exchanges", integer),
      (
        "judgedFrom",
        described(
          orNull(
            object([
              ("run", string), ("judgedAt", string), ("journalHead", hash),
              ("procedure", reference("document")),
            ])),
          "the run whose measurements were judged anew; null for a run that measured")
      ),
      (
        "recovery",
        described(
          orNull(object([("cutBytes", integer), ("guardProof", textOrNull)])),
          "the run broke off and was closed afterwards")
      ),
    ])
  }

  private static var definitions: [Field] {
    [
      (
        "rule",
        object([("name", string), ("guardFactor", number)], about: "guard band w = guardFactor × U, k = 2")
      ),
      ("document", object([("name", string), ("revision", string), ("sha256", hash)])),
      (
        "fence",
        object([
          ("name", string), ("kind", oneOf(["instrument", "watch"])),
          ("state", oneOf(["armed", "off", "none", "lost"])), ("instruments", list(string)),
          ("programmed", string), ("readBack", described(string, "of a live limit: the farthest value seen")),
          ("note", string), ("forbidsPass", bool),
        ])
      ),
      (
        "trip",
        object([
          ("watch", string), ("instrument", string), ("channel", string), ("band", string),
          ("samples", list(object([("text", string), ("atSeconds", number)]))),
          ("verdict", oneOf(["error", "aborted"])),
        ])
      ),
      ("safeStateEntry", object([("action", string), ("confirmed", bool), ("message", string)])),
      (
        "rigError",
        object([("step", string), ("instrument", string), ("message", string), ("atSeconds", number)])
      ),
      ("limit", limit),
      ("measurement", measurement),
      ("step", step),
      (
        "answer",
        object(
          [
            ("step", string), ("prompt", string), ("question", string), ("answer", string),
            ("person", string), ("origin", string), ("date", string),
          ], about: "what a person answered; date is empty for an answer given during the run")
      ),
      ("settings", settings),
      ("trace", trace),
      ("instrument", instrument),
    ]
  }

  private static var limit: OrderedJSON {
    object([
      ("id", string), ("title", string),
      ("requirement", described(string, "the requirement that a failure breaks")),
      ("also", described(list(string), "further requirements the measurement verifies")),
      (
        "basis",
        described(
          oneOf(LimitBasis.allCases.map(Words.basis)),
          "whose number it is; a project default is never the vendor's")
      ),
      ("source", string), ("low", numberOrNull), ("high", numberOrNull), ("expected", textOrNull),
      ("recorded", described(bool, "true: nothing is compared, the value must only be there")),
      ("nominal", described(numberOrNull, "printed value beside what is only recorded")),
      ("acceptLow", numberOrNull), ("acceptHigh", numberOrNull),
      (
        "conflicts",
        described(
          list(object([("id", string), ("decision", string)])),
          "contradictions of the manual whose decision the limit rests on")
      ),
    ])
  }

  private static var measurement: OrderedJSON {
    object([
      ("step", string), ("name", string), ("channel", string),
      (
        "value",
        described(
          ["type": ["number", "string", "boolean", "null"]],
          "null when not measured, or when a wait ended without what was waited for")
      ),
      ("missing", described(textOrNull, "why there is no value")), ("text", string),
      ("dimension", .object([("enum", .array(Dimension.allCases.map { .string($0.rawValue) } + [.null]))])),
      ("unit", textOrNull), ("uncertainty", described(numberOrNull, "expanded, k = 2")),
      ("limit", orNull(reference("limit"))), ("rule", orNull(reference("rule"))),
      ("outcome", oneOf(Outcome.allCases.map(\.rawValue))), ("instruments", list(string)),
      ("atSeconds", number), ("note", string),
    ])
  }

  private static var step: OrderedJSON {
    object([
      ("id", string), ("kind", string), ("title", string), ("phase", string),
      ("state", oneOf(StepState.allCases.map(\.rawValue))), ("startedAtSeconds", number),
      ("endedAtSeconds", numberOrNull), ("measurements", list(reference("measurement"))),
      ("undelivered", list(string)), ("notes", list(string)),
    ])
  }

  private static var settings: OrderedJSON {
    object([
      ("moment", oneOf(["asReceived", "underTest", "restored"])), ("frameHex", string),
      ("values", list(object([("name", string), ("text", string)]))),
    ])
  }

  private static var trace: OrderedJSON {
    object([
      ("step", string), ("title", string),
      (
        "series",
        list(
          object([
            ("name", string), ("dimension", string), ("unit", string), ("steps", bool),
            ("times", list(number)),
            ("values", list(number)),
          ]))
      ),
    ])
  }

  private static var instrument: OrderedJSON {
    object([
      ("name", string), ("driver", string), ("address", string), ("serial", string),
      (
        "identified",
        orNull(object([("maker", string), ("model", string), ("serial", string), ("firmware", string)]))
      ),
      ("calibration", orNull(object([("certificate", string), ("date", string), ("due", string)]))),
      ("uncertainty", .object([("type", "object"), ("additionalProperties", string)])),
    ])
  }
}
