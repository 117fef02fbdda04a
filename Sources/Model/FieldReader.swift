import Quantities

/// Reads a table of a document against declarations. Everything wrong is found at once.
public struct FieldReader {
  private var findings: [Finding] = []

  /// - Parameter place: Where the table stands; missing keys are reported there.
  /// - Returns: The values that fit, and all findings in the order of the file. Use the values only when there
  ///   are no findings.
  public static func read(
    _ declarations: [FieldDeclaration], entries: [DocumentEntry], place: SourcePlace
  ) -> (values: FieldValues, findings: [Finding]) {
    var reader = FieldReader()
    let values = reader.table(declarations, entries, at: place)
    return (values, reader.findings.sorted())
  }

  /// Reads a whole document or a nested value that must be a table.
  public static func read(
    _ declarations: [FieldDeclaration], in value: DocumentValue
  ) -> (values: FieldValues, findings: [Finding]) {
    guard case .table(let entries, let place) = value else {
      let finding = Finding(
        place: value.place, message: "expected a table of keys, found \(value.phrase)",
        suggestion: "write 'key: value' lines")
      return (FieldValues(place: value.place), [finding])
    }
    return read(declarations, entries: entries, place: place)
  }

  private mutating func table(
    _ declarations: [FieldDeclaration], _ entries: [DocumentEntry], at place: SourcePlace
  ) -> FieldValues {
    let names = declarations.map(\.name)
    var written: [String: DocumentEntry] = [:]
    for entry in entries {
      if !names.contains(entry.key) {
        find(entry.keyPlace, "unknown key '\(entry.key)'", NearestName.suggestion(for: entry.key, in: names))
      } else if let first = written[entry.key] {
        duplicate(entry, first: first)
      } else {
        written[entry.key] = entry
      }
    }
    var values = FieldValues(place: place)
    for declaration in declarations {
      if let entry = written[declaration.name] {
        guard let value = read(entry.value, as: declaration.kind, name: declaration.name) else { continue }
        values.append(.init(key: declaration.name, place: entry.value.place, value: value))
      } else if let text = declaration.defaultText {
        let value = Self.defaultValue(text, of: declaration, at: place)
        values.append(.init(key: declaration.name, place: place, value: value))
      } else if declaration.required {
        find(
          place, "key '\(declaration.name)' is missing",
          "add '\(declaration.name):' with \(declaration.kind.phrase)")
      }
    }
    return values
  }

  private mutating func read(_ value: DocumentValue, as kind: FieldKind, name: String) -> FieldValue? {
    switch (kind, value) {
    case (.any, _): return .any(value)
    case (.table(let declarations), .table(let entries, let place)):
      return .table(table(declarations, entries, at: place))
    case (.map(let kind), .table(let entries, _)): return map(entries, of: kind)
    case (.list(let kind), .list(let items, _)):
      return .list(items.compactMap { read($0, as: kind, name: name) })
    case (.quantity, .scalar(let text, let place)), (.number, .scalar(let text, let place)),
      (.integer, .scalar(let text, let place)), (.text, .scalar(let text, let place)),
      (.flag, .scalar(let text, let place)), (.choice, .scalar(let text, let place)),
      (.limit, .scalar(let text, let place)):
      return scalar(text, at: place, as: kind, name: name)
    case (.table, _), (.map, _), (.list, _), (.quantity, _), (.number, _), (.integer, _), (.text, _),
      (.flag, _), (.choice, _), (.limit, _):
      find(value.place, "'\(name)' is \(value.phrase), expected \(kind.phrase)", kind.hint(name))
      return nil
    }
  }

  private mutating func map(_ entries: [DocumentEntry], of kind: FieldKind) -> FieldValue {
    var written: [String: DocumentEntry] = [:]
    var result: [FieldValues.Entry] = []
    for entry in entries {
      if let first = written[entry.key] {
        duplicate(entry, first: first)
        continue
      }
      written[entry.key] = entry
      guard let value = read(entry.value, as: kind, name: entry.key) else { continue }
      result.append(.init(key: entry.key, place: entry.value.place, value: value))
    }
    return .map(result)
  }

  private mutating func scalar(
    _ text: String, at place: SourcePlace, as kind: FieldKind, name: String
  ) -> FieldValue? {
    do {
      return try FieldText.parse(text, as: kind)
    } catch {
      find(place, "'\(name)': \(error.message)", error.suggestion)
      return nil
    }
  }

  private mutating func duplicate(_ entry: DocumentEntry, first: DocumentEntry) {
    find(
      entry.keyPlace, "key '\(entry.key)' is written twice, first in line \(first.keyPlace.line)",
      "keep one of them")
  }

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String) {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  /// A default that does not fit its own declaration is a bug of ours.
  private static func defaultValue(
    _ text: String, of declaration: FieldDeclaration, at place: SourcePlace
  ) -> FieldValue {
    func parse(_ text: String, as kind: FieldKind) -> FieldValue {
      if case .any = kind { return .any(.scalar(text, place)) }
      guard let value = try? FieldText.parse(text, as: kind) else {
        preconditionFailure("default '\(text)' of field '\(declaration.name)' is not \(kind.phrase)")
      }
      return value
    }
    guard case .list(let kind) = declaration.kind else { return parse(text, as: declaration.kind) }
    return .list(text.split(separator: ",").map { parse($0.trimmingSpaces, as: kind) })
  }
}

extension DocumentValue {
  /// What a message calls it.
  public var phrase: String {
    switch self {
    case .scalar(let text, _): text.isEmpty ? "empty" : "'\(text)'"
    case .list: "a list"
    case .table: "a table"
    }
  }
}

extension FieldKind {
  /// How to write it, for a value of the wrong shape.
  fileprivate func hint(_ name: String) -> String {
    switch self {
    case .list: "write '\(name): [a, b]' or one '- ' line per entry"
    case .table, .map: "write the keys on indented lines below '\(name):'"
    case .quantity, .number, .integer, .text, .flag, .choice, .limit, .any:
      "write one value after '\(name):'"
    }
  }
}

extension Substring {
  var trimmingSpaces: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
