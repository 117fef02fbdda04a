import Model
import Quantities

/// The keys of a specification file.
public enum SpecificationFields {
  /// A whole specification.
  public static let base: [FieldDeclaration] = [
    .init("specification", .text, doc: "Model text of the unit, e.g. EK-B24S8E300A."),
    .init("document", .table(document), doc: "The manual this file renders."),
    .init("rated-current", .quantity(.current, range: 1...1000), doc: "Current class of the variant."),
    .init("requirements", .list(of: .table(requirement)), doc: "Numbered requirements."),
    .init("conflicts", .list(of: .table(conflict)), default: "", doc: "Contradictions of the manual."),
    .init("limits", .map(.table(limit)), doc: "Limits by the id procedures use."),
  ]

  /// A variant: only what differs from the file it extends.
  public static let variant: [FieldDeclaration] = [
    .init("specification", .text, doc: "Model text of the variant."),
    .init("extends", .text, doc: "File of the specification it differs from, in the same folder."),
    .init("rated-current", .quantity(.current, range: 1...1000), doc: "Current class of the variant."),
    .init("requirements", .list(of: .table(requirement)), default: "", doc: "Requirements that differ."),
    .init("limits", .map(.table(limit)), required: false, doc: "Limits that differ, whole."),
  ]

  static let document: [FieldDeclaration] = [
    .init("title", .text, doc: "Title of the manual."),
    .init("version", .text, doc: "Version printed on its cover."),
    .init("date", .text, doc: "Date printed on its cover."),
  ]

  static let requirement: [FieldDeclaration] = [
    .init("id", .text, doc: "e.g. SPEC-OVP-01."),
    .init("title", .text, doc: "A few words."),
    .init("section", .text, doc: "Section of the manual."),
    .init("value", .text, doc: "What the manual says, in our words."),
    .init("tolerance", .text, default: "n/a", doc: "What the manual says about its tolerance."),
    .init("workflows", .list(of: .text), default: "", doc: "EOL, INC, WAR, DV; reduced forms in brackets."),
    .init("procedures", .list(of: .text), default: "", doc: "Procedures that cover it."),
    .init("pass", .text, default: "n/a", doc: "When it is met."),
    .init("default-limit", .text, default: "none", doc: "Our limit where the manual is silent."),
    .init(
      "follows", .list(of: .text), default: "", doc: "Requirements it consists of; met where all of them are."
    ),
    .init(
      "unverified", .any, required: false,
      doc: "Why nothing can verify it: a text for every workflow, or {EOL: text, …}."),
  ]

  static let conflict: [FieldDeclaration] = [
    .init("id", .text, doc: "e.g. C-01."),
    .init("where", .text, doc: "Sections concerned."),
    .init("gap", .text, doc: "What contradicts or is missing."),
    .init("decision", .text, doc: "How we work with it."),
  ]

  static let limit: [FieldDeclaration] = [
    .init("title", .text, doc: "What is limited."),
    .init(
      "dimension", .choice(Dimension.allCases.map(\.rawValue)), required: false,
      doc: "Absent for texts and yes/no."),
    .init("also", .list(of: .text), default: "", doc: "As in a case, for all cases."),
    .init(
      "conflict", .list(of: .text), default: "",
      doc: "As in a case, for all cases, or as 'C-01 in WAR' for those of a workflow."),
    .init("cases", .list(of: .any), doc: "The first case that fits chemistry and workflow holds."),
  ]

  /// Keys of one case; numbers are of the limit's dimension.
  static func limitCase(_ dimension: Dimension?) -> [FieldDeclaration] {
    let common: [FieldDeclaration] = [
      .init("requirement", .text, doc: "Id of the requirement behind it; failures name it."),
      .init(
        "also", .list(of: .text), default: "",
        doc:
          "Further requirements a measurement judged by it verifies (a unit that breaks one fails it), e.g. "
          + "'SPEC-OVP-22', 'SPEC-OVP-22 in EOL', 'SPEC-OVP-22 in DV WAR for all-cells'."),
      .init(
        "conflict", .list(of: .text), default: "",
        doc: "Conflicts of the manual whose decision it rests on, e.g. C-01."),
      .init(
        "chemistry", .list(of: .choice(Chemistry.allCases.map(\.rawValue))), default: "",
        doc: "Left out: any."),
      .init(
        "workflows", .list(of: .choice(Workflow.allCases.map(\.rawValue))), default: "",
        doc: "Left out: any."),
      .init("basis", .choice(LimitBasis.allCases.map(\.rawValue)), doc: "Whose number it is."),
      .init("source", .text, doc: "Where the number stands, or why we chose it."),
      .init("equals", .text, required: false, doc: "A text, true or false that must match."),
      .init("matches", .choice(["nominal"]), required: false, doc: "Must equal a text the step gives."),
      .init(
        "record", .flag, required: false,
        doc: "yes: nothing is compared, but a missing value leaves the run inconclusive."),
    ]
    guard let dimension else { return common }
    let number = FieldKind.quantity(dimension)
    return common + [
      .init("nominal", number, required: false, doc: "Printed value."),
      .init("low", number, required: false, doc: "Lower tolerance limit."),
      .init("high", number, required: false, doc: "Upper tolerance limit."),
      .init(
        "within",
        .table([
          .init("absolute", number, required: false, doc: "Absolute part."),
          .init("relative", .quantity(.ratio, range: 0...1), required: false, doc: "Part of the nominal."),
          .init(
            "combine", .choice(["larger", "sum"]), required: false,
            doc: "Needed when both parts are given."),
          .init(
            "open", .choice(OpenSide.allCases.map(\.rawValue)), required: false,
            doc: "The side without a limit; left out: both sides have one."),
        ]), required: false, doc: "Tolerance around a nominal the step gives."),
    ]
  }
}
