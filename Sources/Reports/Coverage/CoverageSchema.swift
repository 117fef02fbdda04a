import Model
import Quantities

/// The published shape of the conformance matrix: JSON Schema 2020-12.
public enum CoverageSchema {
  public static var text: String { schema.serialized(pretty: true) + "\n" }

  private typealias Field = (key: String, value: OrderedJSON)

  private static let string: OrderedJSON = ["type": "string"]
  private static let textOrNull: OrderedJSON = ["type": ["string", "null"]]
  private static let integer: OrderedJSON = ["type": "integer"]

  private static func object(_ fields: [Field]) -> OrderedJSON {
    .object([
      ("type", "object"), ("required", .array(fields.map { .string($0.key) })),
      ("additionalProperties", false), ("properties", .object(fields)),
    ])
  }
  private static func list(_ item: OrderedJSON) -> OrderedJSON {
    .object([("type", "array"), ("items", item)])
  }
  private static func oneOf(_ words: [String]) -> OrderedJSON {
    .object([("enum", .array(words.map { .string($0) }))])
  }
  /// By workflow; a matrix may show fewer than all.
  private static func byWorkflow(_ item: OrderedJSON) -> OrderedJSON {
    .object([
      ("type", "object"), ("additionalProperties", false),
      ("properties", .object(Workflow.allCases.map { ($0.rawValue, item) })),
    ])
  }

  private static var schema: OrderedJSON {
    guard case .object(let members) = object(top) else { return .null }
    return .object(
      [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
        ("$id", .string(CoverageJSON.identifier)), ("title", "bmsrig conformance matrix"),
      ] + members)
  }

  private static var top: [Field] {
    let document = object([("name", string), ("revision", string), ("sha256", string)])
    let workflow = oneOf(Workflow.allCases.map(\.rawValue))
    return [
      ("schema", .object([("const", .string(CoverageJSON.identifier))])),
      ("complete", ["type": "boolean"]), ("model", string), ("manual", string),
      ("specification", document),
      ("procedures", list(object([("title", string), ("workflow", workflow), ("document", document)]))),
      ("figures", byWorkflow(object(CoverageMatrix.State.allCases.map { ($0.rawValue, integer) }))),
      (
        "gaps",
        list(
          object([("requirement", string), ("workflow", .object([("anyOf", [workflow, ["type": "null"]])]))]))
      ),
      ("requirements", list(requirement)),
    ]
  }

  private static var requirement: OrderedJSON {
    object([
      ("id", string), ("title", string), ("section", string), ("reason", textOrNull),
      ("conflicts", list(string)), ("workflows", byWorkflow(cell)),
    ])
  }

  private static var cell: OrderedJSON {
    object([
      ("state", oneOf(CoverageMatrix.State.allCases.map(\.rawValue))), ("form", string),
      ("reason", textOrNull), ("follows", list(string)),
      (
        "evidence",
        list(
          object([
            ("procedure", string), ("step", string), ("measurement", string), ("limit", string),
            ("kind", oneOf(CoverageMatrix.Evidence.Kind.allCases.map(\.rawValue))),
            ("basis", oneOf(LimitBasis.allCases.map(Words.basis))),
            ("chemistries", list(oneOf(Chemistry.allCases.map(\.rawValue)))), ("conflicts", list(string)),
          ]))
      ),
    ])
  }
}
