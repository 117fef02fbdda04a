import Model

/// The keys of a procedure file. What a step takes besides the common keys is declared by its kind.
public enum ProcedureFields {
  public static let procedure: [FieldDeclaration] = [
    .init("procedure", .text, doc: "Short name of the procedure."),
    .init("title", .text, doc: "What a report calls it."),
    .init("revision", .text, doc: "Changes with every change of the file."),
    .init("workflow", .choice(Workflow.allCases.map(\.rawValue)), doc: "Where it is used."),
    .init("specification", .text, doc: "File with requirements and limits, relative to this one."),
    .init("unit", .table(unit), doc: "What is tested."),
    .init("decision", .table(decision), doc: "How uncertainty moves the limits."),
    .init("expected-duration", .quantity(.time, range: 1...1_000_000), doc: "On the unit's own clock."),
    .init("phases", .list(of: .table(phase)), doc: "Groups of steps in order, or 'include: FILE'."),
    .init("closing", .table(phase), required: false, doc: "Runs at the end, whatever happened before."),
  ]

  static let unit: [FieldDeclaration] = [
    .init("chemistry", .choice(Chemistry.allCases.map(\.rawValue)), doc: "As ordered."),
    // Section 2: 16 to 24 strings.
    .init("cells", .integer(range: 16...24), doc: "Cells in series."),
  ]

  static let decision: [FieldDeclaration] = [
    .init("critical", .table(rule), doc: "For measurements of critical steps."),
    .init("other", .table(rule), doc: "For all others."),
  ]

  static let rule: [FieldDeclaration] = [
    .init(
      "guard", .number(range: 0...3), doc: "Guard band in expanded uncertainties; 0 is simple acceptance."),
    .init("name", .text, required: false, doc: "What the report prints."),
  ]

  static let phase: [FieldDeclaration] = [
    .init("phase", .text, doc: "Short name."),
    .init("title", .text, doc: "What a report calls it."),
    .init(
      "revision", .text, required: false, doc: "Of a phase in a file of its own: changes with every change."),
    .init("steps", .list(of: .any), doc: "Steps in order."),
  ]

  /// Keys every step has.
  public static let step: [FieldDeclaration] = [
    .init("step", .text, doc: "Kind of the step."),
    .init("id", .text, doc: "Unlike every other step of the file."),
    .init("title", .text, doc: "What a report calls it."),
    .init(
      "on-fail", .choice(FailAction.allCases.map(\.rawValue)), default: "go-on",
      doc: "What follows a failed measurement."),
    .init("critical", .flag, default: "no", doc: "Selects the stricter decision rule."),
    .init("measure", .map(.text), required: false, doc: "Limit id or 'information' for each measurement."),
  ]
}
