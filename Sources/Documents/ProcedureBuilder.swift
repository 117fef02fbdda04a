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

  /// Fields that could not be read are findings already; here they become something harmless.
  mutating func procedure(_ values: FieldValues) -> Procedure {
    let unit = values.optionalTable("unit")
    let chemistry = unit?.optionalText("chemistry").flatMap(Chemistry.init(rawValue:))
    let cells = unit?.optionalInteger("cells")
    if let unit, chemistry == .lto, let cells, cells < 20 {
      find(
        unit.place("cells"), "LTO units have 20 to 24 cells (manual section 2)", "write 20 to 24")
    }
    let decision = values.optionalTable("decision")
    if values.has("phases"), values.tables("phases").isEmpty {
      find(values.place("phases"), "there is no phase", "add '- phase: …' with steps")
    }
    return Procedure(
      name: values.optionalText("procedure") ?? "", title: values.optionalText("title") ?? "",
      revision: values.optionalText("revision") ?? "",
      workflow: values.optionalText("workflow").flatMap(Workflow.init(rawValue:)) ?? .endOfLine,
      specification: values.optionalText("specification") ?? "", chemistry: chemistry ?? .ncm,
      cellCount: cells ?? 24,
      criticalRule: Self.rule(decision?.optionalTable("critical")),
      otherRule: Self.rule(decision?.optionalTable("other")),
      expectedDuration: TimeSpan(values.optionalQuantity("expected-duration") ?? 0),
      phases: values.tables("phases").map { phase($0) },
      closing: values.optionalTable("closing").map { phase($0) })
  }

  private static func rule(_ table: FieldValues?) -> DecisionRule {
    let factor = table?.optionalNumber("guard") ?? 0
    let text = DecimalText.shortest(factor, significant: 3)
    let name = factor == 0 ? "simple acceptance" : "guard band w = \(text) U"
    return DecisionRule(name: table?.optionalText("name") ?? name, guardFactor: factor)
  }

  mutating func phase(_ table: FieldValues) -> ProcedurePhase {
    let name = table.optionalText("phase") ?? ""
    let title = table.optionalText("title") ?? ""
    if table.has("phase"), !phaseNames.insert(name).inserted {
      find(table.place("phase"), "phase '\(name)' stands twice", "name one of them differently")
    }
    guard case .list(let items) = table.value("steps") else {
      return ProcedurePhase(name: name, title: title, steps: [])
    }
    if items.isEmpty { find(table.place("steps"), "phase '\(name)' has no step", "add '- step: …'") }
    let steps = items.compactMap { item -> ProcedureStep? in
      guard case .any(let value) = item else { return nil }
      return step(value)
    }
    return ProcedurePhase(name: name, title: title, steps: steps)
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
    // Without a kind nothing more can be said about a step.
    guard let kind = values.optionalText("step") else { return nil }
    if let id = values.optionalText("id") {
      if let first = stepPlaces[id] {
        let elsewhere = first.file == place.file ? "" : " of \(first.file)"
        find(
          values.place("id"), "step id '\(id)' is used in line \(first.line)\(elsewhere) already",
          "choose another")
      }
      stepPlaces[id] = values.place("id")
    }
    let onFail = values.optionalText("on-fail").flatMap(FailAction.init(rawValue:))
    return ProcedureStep(
      kind: kind, kindPlace: values.place("step"), id: values.optionalText("id") ?? "line \(place.line)",
      title: values.optionalText("title") ?? "", onFail: onFail ?? .stop,
      critical: values.optionalFlag("critical") ?? true,
      parameters: entries.filter { !common.contains($0.key) },
      measure: values.mapEntries("measure").map { entry in
        let text = entry.value.text ?? ""
        return .init(
          name: entry.key, use: text == "information" ? .information : .limit(text, entry.place),
          place: entry.place)
      }, place: place)
  }
}
