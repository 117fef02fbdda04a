import DUT
import Documents
import Model
import Quantities
import Simulation

/// A unit file: the simulated unit to put into the socket. Tables nest as the dots of the parameter paths do, so
/// `channels: {7: {offset: 25 mV}}` sets `channels.7.offset`.
public struct UnitFile: Sendable {
  public let parameters: [(path: String, value: UnitParameterValue)]
  /// Where each parameter's value stands.
  let places: [String: SourcePlace]
  public let reference: DocumentReference
  /// One line on what the unit is, from the file.
  public let title: String
  /// Requirements that the unit does not meet, as the file lists them; none for a good unit.
  public let breaks: [String]
  /// How the defect came about.
  public let story: String
  /// What the defect needs to show.
  public let conditions: UnitConditionsOfUse
  /// Who cannot be expected to see it.
  public let unseen: UnitUnseen

  /// Keys that describe the file instead of the unit.
  static let descriptive = ["unit", "title", "breaks", "story"]

  public static func load(path: String) -> DocumentReading<UnitFile> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return read(document)
  }

  public static func read(_ document: YAMLDocument) -> DocumentReading<UnitFile> {
    var reader = Reader()
    reader.walk(document.root, path: "")
    let (conditions, found) = UnitConditionsOfUse.read(document.root)
    let (unseen, wrong) = UnitUnseen.read(document.root)
    reader.findings += found + wrong
    guard reader.findings.isEmpty else { return DocumentReading(findings: reader.findings) }
    return DocumentReading(
      UnitFile(
        parameters: reader.parameters, places: reader.places,
        reference: DocumentReference(
          name: reader.texts["unit"] ?? document.file, revision: "", contentHash: document.contentHash),
        title: reader.texts["title"] ?? "", breaks: Self.requirements(reader.texts["breaks"] ?? "nothing"),
        story: reader.texts["story"] ?? "", conditions: conditions, unseen: unseen))
  }

  /// `nothing`, or requirement ids with commas between them.
  static func requirements(_ text: String) -> [String] {
    text == "nothing" ? [] : text.split { $0 == "," || $0 == " " || $0 == "\n" }.map(String.init)
  }

  /// The unit: a good one drawn from the seed, then every value of the file over it.
  ///
  /// - Parameter preset: Chemistry, string count and rating of the run; the file's own values win.
  public static func unit(
    _ file: UnitFile?, seed: UInt64, preset: [(path: String, value: UnitParameterValue)]
  ) throws(UnitParameterError) -> UnitParameters {
    var values: [(path: String, value: UnitParameterValue)] = [
      ("seed", .integer(Int(seed & 0x7FFF_FFFF_FFFF_FFFF)))
    ]
    values += preset
    if let file {
      if file.parameters.contains(where: { $0.path == "seed" }) { values.removeFirst() }
      values += file.parameters
    }
    return try UnitParameterCatalog.unit(values)
  }

  /// Schema for editors, JSON Schema 2020-12.
  public static var schema: OrderedJSON { UnitFileSchema.document }

  private struct Reader {
    var parameters: [(path: String, value: UnitParameterValue)] = []
    var places: [String: SourcePlace] = [:]
    var texts: [String: String] = [:]
    var findings: [Finding] = []

    mutating func walk(_ value: DocumentValue, path: String) {
      switch value {
      case .table(let entries, _):
        for entry in entries {
          if path.isEmpty, UnitFile.descriptive.contains(entry.key) {
            if case .scalar(let text, _) = entry.value { texts[entry.key] = text }
            continue
          }
          if path.isEmpty, [UnitConditionsOfUse.key, UnitUnseen.key].contains(entry.key) { continue }
          let full = path.isEmpty ? entry.key : "\(path).\(entry.key)"
          if case .table = entry.value { walk(entry.value, path: full) } else { leaf(entry, path: full) }
        }
      case .list(_, let place), .scalar(_, let place):
        findings.append(
          Finding(place: place, message: "expected a table of parameters", suggestion: "write e.g. 'seed: 7'")
        )
      }
    }

    mutating func leaf(_ entry: DocumentEntry, path: String) {
      guard case .scalar(let text, let place) = entry.value else {
        if case .list(let items, _) = entry.value {
          for (index, item) in items.enumerated() {
            if case .scalar(let text, let place) = item {
              set("\(path).\(index + 1)", text, key: entry.keyPlace, at: place)
            } else {
              walk(item, path: "\(path).\(index + 1)")
            }
          }
        }
        return
      }
      set(path, text, key: entry.keyPlace, at: place)
    }

    /// The names are too many to list: what is meant, what stands below a word, or where the whole list is.
    static func near(_ path: String) -> String {
      let general = UnitParameterCatalog.generalized(path)
      if known.contains(general) { return "channels and sensors count from 1, up to what the unit has" }
      if let below = below[general] { return "write one of these below it: \(below)" }
      if let name = names.nearest(to: general) { return "did you mean '\(name)'?" }
      return "'bmsrig schema unit' lists all parameters"
    }

    private static let known = Set(UnitParameterCatalog.entries.map(\.path))
    private static let names = KnownNames(UnitParameterCatalog.entries.map(\.path))

    /// What can be written below the beginning of a path, in the order of documentation.
    private static let below: [String: String] = {
      var below: [String: [String]] = [:]
      for entry in UnitParameterCatalog.entries {
        let words = entry.path.split(separator: ".")
        for count in words.indices.dropFirst() {
          below[words[..<count].joined(separator: "."), default: []].append(
            words[count...].joined(separator: "."))
        }
      }
      return below.mapValues { $0.joined(separator: ", ") }
    }()

    mutating func set(_ path: String, _ text: String, key: SourcePlace, at place: SourcePlace) {
      let entry: UnitParameterEntry
      do {
        entry = try UnitParameterCatalog.entry(at: path).entry
      } catch {
        findings.append(
          Finding(place: key, message: "'\(path)': \(error.message)", suggestion: Self.near(path)))
        return
      }
      do {
        let value = try entry.kind.value(parsing: text)
        var scratch = UnitParameters()
        try scratch.set(path: path, value: value)
        parameters.append((path, value))
        places[path] = place
      } catch {
        findings.append(
          Finding(place: place, message: "'\(path)': \(error.message)", suggestion: error.suggestion))
      }
    }
  }
}

/// The published schema of unit files, built from the parameter catalogue.
enum UnitFileSchema {
  static var document: OrderedJSON {
    let root = Node()
    for name in UnitFile.descriptive {
      root.child(name).leaf = .object([("type", "string"), ("description", "for people; has no effect")])
    }
    root.child(UnitConditionsOfUse.key).leaf = UnitConditionsOfUse.schema
    for entry in UnitParameterCatalog.entries {
      var node = root
      for word in entry.path.split(separator: ".") { node = node.child(String(word)) }
      node.leaf = leaf(entry)
    }
    guard case .object(let members) = root.json else { return root.json }
    return .object(
      [
        ("$schema", "https://json-schema.org/draft/2020-12/schema"), ("$id", "urn:bmsrig:unit-file:1"),
        ("title", "bmsrig simulated unit"),
      ] + members)
  }

  private static func leaf(_ entry: UnitParameterEntry) -> OrderedJSON {
    var members: [(String, OrderedJSON)] = []
    switch entry.kind {
    case .quantity(let dimension, let range):
      members = [
        ("type", "string"),
        (
          "examples",
          .array([
            .string(AnyQuantity(min(max(0, range.lowerBound), range.upperBound), dimension).description)
          ])
        ),
      ]
    case .number(let range):
      members = [
        ("type", "number"), ("minimum", .double(range.lowerBound)), ("maximum", .double(range.upperBound)),
      ]
    case .integer(let range):
      members = [
        ("type", "integer"), ("minimum", .int(range.lowerBound)), ("maximum", .int(range.upperBound)),
      ]
    case .flag: members = [("type", "boolean")]
    case .choice(let words): members = [("enum", .array(words.map { .string($0) }))]
    case .text: members = [("type", "string")]
    }
    return .object(members + [("description", .string(entry.doc))])
  }

  private final class Node {
    var leaf: OrderedJSON?
    var names: [String] = []
    var children: [String: Node] = [:]

    func child(_ name: String) -> Node {
      if let node = children[name] { return node }
      let node = Node()
      names.append(name)
      children[name] = node
      return node
    }

    var json: OrderedJSON {
      if let leaf { return leaf }
      let named = names.filter { $0 != "N" }.map { ($0, children[$0]!.json) }
      var members: [(String, OrderedJSON)] = [("type", "object"), ("properties", .object(named))]
      if let numbered = children["N"] {
        members.append(("patternProperties", .object([("^[0-9]+$", numbered.json)])))
      }
      return .object(members + [("additionalProperties", false)])
    }
  }
}
