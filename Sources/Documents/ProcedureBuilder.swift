import Model
import Quantities

/// Turns the fields of a procedure file into a procedure and finds what does not fit together.
struct ProcedureBuilder {
  private(set) var findings: [Finding] = []
  private var stepPlaces: [String: SourcePlace] = [:]
  private var phaseNames: Set<String> = []

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func procedure(_ values: FieldValues) -> Procedure {
    let unit = values.table("unit")
    let chemistry = Chemistry(rawValue: unit.text("chemistry"))!
    if chemistry == .lto, unit.integer("cells") < 20 {
      find(
        unit.place("cells"), "LTO units have 20 to 24 cells (manual section 2)", "write 20 to 24")
    }
    let decision = values.table("decision")
    if values.tables("phases").isEmpty {
      find(values.place("phases"), "there is no phase", "add '- phase: …' with steps")
    }
    return Procedure(
      name: values.text("procedure"), title: values.text("title"), revision: values.text("revision"),
      workflow: Workflow(rawValue: values.text("workflow"))!, specification: values.text("specification"),
      chemistry: chemistry, cellCount: unit.integer("cells"),
      criticalRule: Self.rule(decision.table("critical")), otherRule: Self.rule(decision.table("other")),
      expectedDuration: TimeSpan(values.quantity("expected-duration")),
      phases: values.tables("phases").map { phase($0) },
      closing: values.optionalTable("closing").map { phase($0) })
  }

  private static func rule(_ table: FieldValues) -> DecisionRule {
    let factor = table.number("guard")
    let text = DecimalText.shortest(factor, significant: 3)
    let name = factor == 0 ? "simple acceptance" : "guard band w = \(text) U"
    return DecisionRule(name: table.optionalText("name") ?? name, guardFactor: factor)
  }

  private mutating func phase(_ table: FieldValues) -> ProcedurePhase {
    let name = table.text("phase")
    if !phaseNames.insert(name).inserted {
      find(table.place("phase"), "phase '\(name)' stands twice", "name one of them differently")
    }
    guard case .list(let items) = table.value("steps"), !items.isEmpty else {
      find(table.place("steps"), "phase '\(name)' has no step", "add '- step: …'")
      return ProcedurePhase(name: name, title: table.text("title"), steps: [])
    }
    let steps = items.compactMap { item -> ProcedureStep? in
      guard case .any(let value) = item else { return nil }
      return step(value)
    }
    return ProcedurePhase(name: name, title: table.text("title"), steps: steps)
  }

  private mutating func step(_ value: DocumentValue) -> ProcedureStep? {
    guard case .table(let entries, let place) = value else {
      find(value.place, "a step is \(value.phrase), expected a table of keys", "write '- step: …'")
      return nil
    }
    let common = ProcedureFields.step.map(\.name)
    let (values, found) = FieldReader.read(
      ProcedureFields.step, entries: entries.filter { common.contains($0.key) }, place: place)
    findings += found
    guard found.isEmpty else { return nil }
    let id = values.text("id")
    if let first = stepPlaces[id] {
      find(values.place("id"), "step id '\(id)' is used in line \(first.line) already", "choose another")
    }
    stepPlaces[id] = values.place("id")
    return ProcedureStep(
      kind: values.text("step"), kindPlace: values.place("step"), id: id, title: values.text("title"),
      onFail: FailAction(rawValue: values.text("on-fail"))!, critical: values.flag("critical"),
      parameters: entries.filter { !common.contains($0.key) },
      measure: values.mapEntries("measure").map { entry in
        let text = entry.value.text ?? ""
        return .init(
          name: entry.key, use: text == "information" ? .information : .limit(text, entry.place),
          place: entry.place)
      }, place: place)
  }
}
