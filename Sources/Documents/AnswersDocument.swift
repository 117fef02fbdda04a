import Model
import Quantities

/// An answers file: what a person found and wrote down before the run. Keys are the questions' ids, as a procedure's
/// steps name them; values are written as the person would type them.
public struct AnswersDocument: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let key: String
    public let keyPlace: SourcePlace
    public let text: String
    public let place: SourcePlace
  }

  public let reference: DocumentReference
  /// Who answers for it.
  public let person: String
  /// Day on which it was written down, ISO 8601.
  public let date: String
  /// Where the person stood; may be empty.
  public let station: String
  /// Answers that hold for every unit, e.g. of a carton or a lot.
  public let common: [Entry]
  /// By serial number; they take the place of the common ones.
  public let units: [(serial: String, entries: [Entry])]

  public static func == (a: Self, b: Self) -> Bool { a.reference == b.reference }
  public func hash(into hasher: inout Hasher) { hasher.combine(reference) }

  public static let fields: [FieldDeclaration] = [
    .init("answers", .text, doc: "Short name of the file."),
    .init("person", .text, doc: "Who gives these answers."),
    .init("date", .text, doc: "Day on which they were written down, e.g. 2026-11-22."),
    .init("station", .text, default: "desk", doc: "Where."),
    .init("all-units", .map(.text), required: false, doc: "Answers for every unit, by the question's id."),
    .init(
      "units", .map(.map(.text)), required: false, doc: "Answers for one unit, by serial number and question."
    ),
  ]

  public static func load(path: String) -> DocumentReading<AnswersDocument> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return read(document)
  }

  public static func read(_ document: YAMLDocument) -> DocumentReading<AnswersDocument> {
    var (values, findings) = FieldReader.read(fields, in: document.root)
    if let date = values.optionalText("date"), !CalendarDate.isValid(date) {
      findings.append(
        Finding(
          place: values.place("date"), message: "'\(date)' is no calendar date",
          suggestion: "write e.g. 2026-03-02"))
    }
    guard findings.isEmpty else { return DocumentReading(findings: findings) }
    let keys = KeyPlaces(document.root)
    return DocumentReading(
      AnswersDocument(
        reference: DocumentReference(
          name: values.text("answers"), revision: values.text("date"), contentHash: document.contentHash),
        person: values.text("person"), date: values.text("date"), station: values.text("station"),
        common: entries(values.mapEntries("all-units"), keys, ["all-units"]),
        units: values.mapEntries("units").map { unit in
          guard case .map(let found) = unit.value else { return (unit.key, []) }
          return (unit.key, entries(found, keys, ["units", unit.key]))
        }))
  }

  private static func entries(
    _ found: [FieldValues.Entry], _ keys: KeyPlaces, _ path: [String]
  ) -> [Entry] {
    found.map {
      Entry(
        key: $0.key, keyPlace: keys.place(path + [$0.key]) ?? $0.place, text: $0.value.text ?? "",
        place: $0.place)
    }
  }

  /// What is written for a question about a unit; nil when nothing is.
  public func entry(_ key: String, unit: String) -> Entry? {
    let own = units.first { $0.serial == unit }?.entries ?? []
    return own.first { $0.key == key } ?? common.first { $0.key == key }
  }
}

/// Where keys of a document stand.
private struct KeyPlaces {
  let root: DocumentValue
  init(_ root: DocumentValue) { self.root = root }

  func place(_ path: [String]) -> SourcePlace? {
    var value = root
    var place: SourcePlace?
    for key in path {
      guard case .table(let entries, _) = value, let entry = entries.first(where: { $0.key == key }) else {
        return nil
      }
      (value, place) = (entry.value, entry.keyPlace)
    }
    return place
  }
}
