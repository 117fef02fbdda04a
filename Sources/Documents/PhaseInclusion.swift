import Model

/// Puts phases that stand in files of their own where a procedure says `include: FILE`.
///
/// It works on the values as written: every value keeps the file, line and column it came from, so a finding in an
/// included phase names that file.
struct PhaseInclusion {
  static let key = "include"

  private(set) var findings: [Finding] = []
  /// The files, in the order they were named.
  private(set) var references: [DocumentReference] = []

  /// - Parameter root: A procedure file; its `phases` and `closing` may name files, relative to `file`.
  mutating func expand(_ root: DocumentValue, of file: String) -> DocumentValue {
    guard case .table(var entries, let place) = root else { return root }
    for index in entries.indices {
      switch (entries[index].key, entries[index].value) {
      case ("phases", .list(let items, let listPlace)):
        entries[index].value = .list(items.map { phase($0, of: file) }, listPlace)
      case ("closing", let value): entries[index].value = phase(value, of: file)
      default: break
      }
    }
    return .table(entries, place)
  }

  /// The phase itself, or the one in the file it names; unchanged with a finding when that cannot be had.
  private mutating func phase(_ value: DocumentValue, of file: String) -> DocumentValue {
    guard case .table(let entries, _) = value, let inclusion = entries.first(where: { $0.key == Self.key })
    else { return value }
    guard case .scalar(let name, let place) = inclusion.value else {
      return refuse(
        value, inclusion.value.place, "'include' names one file", "write 'include: Phases/….yaml'")
    }
    if let other = entries.first(where: { $0.key != Self.key }) {
      return refuse(
        value, other.keyPlace, "'\(other.key)' stands beside 'include'",
        "an included phase is taken as it is; write the whole phase here, or only 'include: \(name)'")
    }
    let path = file.neighbour(name)
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else {
      findings.append(Finding(place: place, message: "the included phase '\(name)' cannot be read"))
      findings += reading.findings
      return value
    }
    guard case .table(let included, _) = document.root, included.contains(where: { $0.key == "phase" }) else {
      return refuse(
        value, place, "'\(name)' is not a phase", "begin that file with 'phase:', 'title:' and 'steps:'")
    }
    references.append(Self.reference(document, included))
    return document.root
  }

  private mutating func refuse(
    _ value: DocumentValue, _ place: SourcePlace, _ message: String, _ suggestion: String
  ) -> DocumentValue {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
    return value
  }

  private static func reference(_ document: YAMLDocument, _ entries: [DocumentEntry]) -> DocumentReference {
    func text(_ key: String) -> String {
      guard case .scalar(let text, _)? = entries.first(where: { $0.key == key })?.value else { return "" }
      return text
    }
    return DocumentReference(
      name: text("phase"), revision: text("revision"), contentHash: document.contentHash)
  }
}
