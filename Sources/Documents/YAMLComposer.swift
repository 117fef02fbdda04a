import Model
import Yams

/// Turns YAML text into document values and parser errors into findings.
struct YAMLComposer {
  /// Tables and lists inside each other; ours need fewer than ten.
  static let depthMax = 32

  let file: String
  private(set) var findings: [Finding] = []

  init(file: String) { self.file = file }

  mutating func compose(_ text: String) -> DocumentValue? {
    do {
      // All scalars are text here: what looks like a number in a text is one where a number belongs.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      guard let root = try parser.singleRoot() else {
        find(nil, "the file holds nothing but comments", "it may have been cut off while it was written")
        return nil
      }
      // Nodes hold their anchors weakly; the parser owns them.
      return withExtendedLifetime(parser) { value(of: root, depth: 0) }
    } catch let error as YamlError {
      explain(error)
      return nil
    } catch {
      find(nil, "the text cannot be read: \(error)", "")
      return nil
    }
  }

  private mutating func value(of node: Node, depth: Int) -> DocumentValue? {
    guard depth <= Self.depthMax else {
      find(node.mark, "tables and lists stand deeper than \(Self.depthMax) levels inside each other", "")
      return nil
    }
    guard node.anchor == nil else {
      find(node.mark, "anchors and aliases are not read here", "write every value where it is used")
      return nil
    }
    let place = place(node.mark)
    switch node {
    case .scalar(let scalar): return .scalar(scalar.string, place)
    case .sequence(let items):
      var values: [DocumentValue] = []
      for item in items {
        guard let value = value(of: item, depth: depth + 1) else { return nil }
        values.append(value)
      }
      return .list(values, place)
    case .mapping(let pairs):
      var entries: [DocumentEntry] = []
      for (key, item) in pairs {
        guard case .scalar(let name) = key else {
          find(key.mark, "a key must be one word", "write 'key: value'")
          return nil
        }
        guard let value = value(of: item, depth: depth + 1) else { return nil }
        entries.append(DocumentEntry(key: name.string, keyPlace: self.place(name.mark), value: value))
      }
      return .table(entries, place)
    case .alias:
      find(node.mark, "anchors and aliases are not read here", "write every value where it is used")
      return nil
    }
  }

  private mutating func explain(_ error: YamlError) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      guard !problem.contains("nesting level") else {
        find(mark, "tables and lists stand deeper than \(Self.depthMax) levels inside each other", "")
        return
      }
      let began = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      find(mark, "this is not YAML: \(problem)\(began)", "check indentation, quotes and brackets")
    case .composer(_, let problem, let mark, _):
      find(mark, "this is not one YAML document: \(problem)", "one document per file, no aliases")
    case .duplicatedKeysInMapping(let names, let context):
      let list = names.map { "'\($0)'" }.joined(separator: ", ")
      find(context.mark, "key \(list) is written more than once in one table", "keep one of them")
    case .reader(let problem, _, _, _):
      find(nil, "the text holds a character YAML does not allow: \(problem)", "save the file as UTF-8")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      find(nil, "the text cannot be read: \(error)", "")
    }
  }

  private func place(_ mark: Mark?) -> SourcePlace {
    SourcePlace(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  private mutating func find(_ mark: Mark?, _ message: String, _ suggestion: String) {
    findings.append(Finding(place: place(mark), message: message, suggestion: suggestion))
  }
}
