import Capabilities
import Engine
import Model
import Quantities

/// One thing that a person looks at, counts or measures.
struct CheckItem {
  /// How a defect of the article counts in sampling and in reports.
  enum DefectClass: String, CaseIterable { case critical, major, minor }

  enum Kind: String, CaseIterable {
    case yesNo = "yes-no"
    case quantity, count, choice, text, date, photos
  }

  /// What an answer must equal when its limit says `matches: nominal`.
  enum Comparison: String, CaseIterable {
    /// The model of the order, that is of the specification.
    case orderedModel = "ordered-model"
    /// The model that the unit reported over its own link earlier in the run.
    case reportedModel = "reported-model"
    /// The serial number that the run was started with.
    case serial
  }

  let id: String
  let ask: String
  let kind: Kind
  let dimension: Dimension?
  let choices: [String]
  /// Texts any of which is right.
  let accepted: [String]
  let comparison: Comparison?
  /// What the person reads.
  let instrument: RoleName?
  /// Expanded (k = 2), as written, when the item names no instrument.
  let uncertaintyText: String?
  /// How often it is asked: positions of a length, wires of a cable.
  let times: Int
  let defectClass: DefectClass
  let needsEvidence: Bool
  /// Also judges how far the answers lie apart, as a part of their mean.
  let hasSpread: Bool

  static let roles = RoleName.allCases.filter { $0.kind == .hand }

  static let fields: [FieldDeclaration] = [
    .init("id", .text, doc: "name of the measurement and key in answers files"),
    .init("ask", .text, doc: "the question"),
    .init("kind", .choice(Kind.allCases.map(\.rawValue)), default: "yes-no", doc: "what the answer is"),
    .init(
      "dimension", .choice(Dimension.allCases.map(\.rawValue)), required: false,
      doc: "of a quantity, e.g. length"),
    .init(
      "choices", .list(of: .text), required: false, doc: "words to choose from; for a date: words instead"),
    .init("accept", .list(of: .text), required: false, doc: "texts any of which matches the nominal"),
    .init(
      "compare", .choice(Comparison.allCases.map(\.rawValue)), required: false,
      doc: "what the answer must equal where its limit says 'matches: nominal'"),
    .init("with", .choice(roles.map(\.rawValue)), required: false, doc: "the instrument that is read"),
    .init(
      "uncertainty", .text, required: false, doc: "expanded (k = 2), where no instrument of the rig is read"),
    .init("times", .integer(range: 1...24), default: "1", doc: "asked so often: positions, wires"),
    .init(
      "class", .choice(DefectClass.allCases.map(\.rawValue)), default: "major", doc: "class of the defect"),
    .init(
      "evidence", .flag, default: "no",
      doc: "also ask what shows it; without that and a name the answer does not count"),
    .init(
      "spread", .flag, default: "no",
      doc: "of several quantities: also measures ID-spread, highest less lowest over the mean"),
  ]

  init(_ table: FieldValues) {
    id = table.text("id")
    ask = table.text("ask")
    kind = Kind(rawValue: table.text("kind"))!
    dimension = table.optionalText("dimension").flatMap(Dimension.init(rawValue:))
    choices = table.texts("choices")
    accepted = table.texts("accept")
    comparison = table.optionalText("compare").flatMap(Comparison.init(rawValue:))
    instrument = table.optionalText("with").flatMap(RoleName.init(rawValue:))
    uncertaintyText = table.optionalText("uncertainty")
    times = table.integer("times")
    defectClass = DefectClass(rawValue: table.text("class"))!
    needsEvidence = table.flag("evidence")
    hasSpread = table.flag("spread")
  }

  static func all(_ values: FieldValues) -> [CheckItem] { values.tables("items").map(CheckItem.init) }

  /// nil for texts and yes/no.
  var measured: Dimension? {
    switch kind {
    case .quantity: dimension
    case .count, .photos: .count
    case .yesNo, .choice, .text, .date: nil
    }
  }

  var spreadName: String { id + "-spread" }

  var declarations: [MeasurementDeclaration] {
    [MeasurementDeclaration(id, measured, ask)]
      + (hasSpread ? [MeasurementDeclaration(spreadName, .ratio, "spread: \(ask)")] : [])
  }

  private var answerKind: AnswerKind {
    switch kind {
    case .yesNo: .yesNo
    case .quantity: .quantity(dimension ?? .ratio)
    case .count: .count
    case .choice: .choice(choices)
    case .text: .text
    case .date: .date(or: choices)
    case .photos: .references
    }
  }

  /// The questions of one look, the evidence last.
  func questions(_ position: Int) -> [OperatorQuestion] {
    let suffix = times == 1 ? "" : "-\(position)"
    let which = times == 1 ? "" : ", \(position) of \(times)"
    let tool = instrument.map { " (\($0.rawValue))" } ?? ""
    let first = OperatorQuestion(id: id + suffix, text: ask + which + tool, kind: answerKind)
    guard needsEvidence else { return [first] }
    return [
      first, OperatorQuestion(id: "\(id)\(suffix)-evidence", text: "What shows it? \(ask)", kind: .text),
    ]
  }

  var allQuestions: [OperatorQuestion] { (1...times).flatMap(questions) }
}
