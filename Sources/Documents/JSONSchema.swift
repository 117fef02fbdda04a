import Model
import Quantities

/// JSON Schema (2020-12) of the files people write, for editors that complete and check while one types.
///
/// The schema knows shapes, names, units and ranges of whole numbers; what depends on other files is left to the
/// check.
public enum JSONSchema {
  static let dialect = "https://json-schema.org/draft/2020-12/schema"

  /// A whole file whose top is a table of these keys.
  public static func document(title: String, _ declarations: [FieldDeclaration]) -> OrderedJSON {
    wrap(title, members(declarations))
  }

  /// A table of these keys.
  public static func object(_ declarations: [FieldDeclaration]) -> OrderedJSON {
    .object(members(declarations))
  }

  /// A procedure file whose steps are of these kinds.
  public static func procedure(
    steps: [(kind: String, doc: String, declarations: [FieldDeclaration])]
  ) -> OrderedJSON {
    let kinds = steps.map { step in
      var common = ProcedureFields.step
      common.removeAll { $0.name == "step" }
      var table = members(common + step.declarations)
      set(&table, "description", .string(step.doc))
      set(&table, "properties", "step", ["const": .string(step.kind)])
      if case .array(let names) = table.first(where: { $0.key == "required" })?.value {
        set(&table, "required", .array(["step"] + names))
      }
      return OrderedJSON.object(table)
    }
    let step: OrderedJSON = ["$ref": "#/$defs/step"]
    var phase = members(ProcedureFields.phase)
    set(&phase, "properties", "steps", ["type": "array", "minItems": 1, "items": step])
    var root = members(ProcedureFields.procedure)
    let phaseReference: OrderedJSON = ["$ref": "#/$defs/phase"]
    set(&root, "properties", "phases", ["type": "array", "minItems": 1, "items": phaseReference])
    set(&root, "properties", "closing", phaseReference)
    // A phase stands here or in a file of its own.
    let inclusion = members([
      FieldDeclaration(PhaseInclusion.key, .text, doc: "File that holds the phase, relative to this one.")
    ])
    root.append(
      (
        key: "$defs",
        value: [
          "phase": ["oneOf": [.object(phase), .object(inclusion)]], "step": ["oneOf": .array(kinds)],
        ]
      ))
    return wrap("Procedure", root)
  }

  /// The shape of one value.
  public static func value(_ kind: FieldKind) -> OrderedJSON {
    switch kind {
    case .quantity(let dimension, let range): return quantity(dimension, range)
    case .number(let range):
      return .object(
        [(key: "type", value: "number")]
          + bounds(range.map { (.double($0.lowerBound), .double($0.upperBound)) }))
    case .integer(let range):
      return .object(
        [(key: "type", value: "integer")] + bounds(range.map { (.int($0.lowerBound), .int($0.upperBound)) }))
    // Unquoted numbers and dates are texts to us and something else to an editor.
    case .text: return ["type": ["string", "number", "boolean"]]
    case .limit: return ["type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"]
    case .flag: return ["enum": [true, false, "yes", "no"]]
    case .choice(let names): return ["enum": .array(names.map { .string($0) })]
    case .any: return [:]
    case .list(let kind): return ["type": "array", "items": value(kind)]
    case .table(let declarations): return object(declarations)
    case .map(let kind): return ["type": "object", "additionalProperties": value(kind)]
    }
  }

  private static func quantity(_ dimension: Dimension, _ range: ClosedRange<Double>?) -> OrderedJSON {
    let units = dimension.units.flatMap { [$0.symbol] + $0.aliases }.filter { !$0.isEmpty }
    let number = "[-+−]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"
    let bare = dimension.unit(spelled: "") != nil
    let unit = units.isEmpty ? "" : " *(\(units.joined(separator: "|")))\(bare ? "?" : "")"
    var members: [(key: String, value: OrderedJSON)] = [
      (key: "type", value: bare ? ["string", "number"] : "string"),
      (key: "pattern", value: .string("^\(number)\(unit)$")),
    ]
    if let range {
      let low = AnyQuantity(range.lowerBound, dimension)
      let high = AnyQuantity(range.upperBound, dimension)
      members.append((key: "description", value: .string("\(low) … \(high)")))
    }
    return .object(members)
  }

  private static func bounds(
    _ range: (low: OrderedJSON, high: OrderedJSON)?
  ) -> [(key: String, value: OrderedJSON)] {
    range.map { [(key: "minimum", value: $0.low), (key: "maximum", value: $0.high)] } ?? []
  }

  private static func members(_ declarations: [FieldDeclaration]) -> [(key: String, value: OrderedJSON)] {
    let properties = declarations.map { declaration in
      guard case .object(var shape) = value(declaration.kind) else {
        preconditionFailure("a shape is an object")
      }
      let range = shape.first { $0.key == "description" }?.value.stringValue.map { " (\($0))" } ?? ""
      set(&shape, "description", .string(declaration.doc + range))
      if let text = declaration.defaultText { shape.append((key: "default", value: .string(text))) }
      return (key: declaration.name, value: OrderedJSON.object(shape))
    }
    return [
      (key: "type", value: "object"),
      (key: "properties", value: .object(properties)),
      (
        key: "required",
        value: .array(declarations.filter(\.required).map { .string($0.name) })
      ),
      (key: "additionalProperties", value: false),
    ]
  }

  private static func wrap(_ title: String, _ members: [(key: String, value: OrderedJSON)]) -> OrderedJSON {
    .object([(key: "$schema", value: .string(dialect)), (key: "title", value: .string(title))] + members)
  }

  private static func set(
    _ members: inout [(key: String, value: OrderedJSON)], _ key: String, _ value: OrderedJSON
  ) {
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].value = value
    } else {
      members.append((key: key, value: value))
    }
  }

  private static func set(
    _ members: inout [(key: String, value: OrderedJSON)], _ outer: String, _ key: String,
    _ value: OrderedJSON
  ) {
    guard case .object(var inner) = members.first(where: { $0.key == outer })?.value else { return }
    set(&inner, key, value)
    set(&members, outer, .object(inner))
  }
}
