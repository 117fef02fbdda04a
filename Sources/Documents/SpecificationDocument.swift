import Foundation
import Model
import Quantities

/// A specification file: the manual of one product variant as requirements, conflicts and limits.
public struct SpecificationDocument: Hashable, Sendable {
  public let specification: Specification
  /// The hash covers the file and the file it extends.
  public let reference: DocumentReference

  /// Reads a specification and, for a variant, the one it extends (a file of the same folder that does not extend
  /// another).
  public static func load(path: String) -> DocumentReading<SpecificationDocument> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    guard let (name, place) = extended(by: document) else { return read(document) }
    guard !name.contains("/") else {
      return DocumentReading(findings: [
        Finding(
          place: place, message: "'\(name)' is not in this folder",
          suggestion: "extend a file of the same folder")
      ])
    }
    let base = YAMLDocument.load(path: path.neighbour(name))
    guard let baseDocument = base.value else {
      let here = Finding(place: place, message: "the specification it extends cannot be read")
      return DocumentReading(findings: [here] + base.findings)
    }
    return read(document, extending: baseDocument)
  }

  /// - Parameter base: The document that `document` extends; must be given exactly when it has the key `extends`.
  public static func read(
    _ document: YAMLDocument, extending base: YAMLDocument? = nil
  ) -> DocumentReading<SpecificationDocument> {
    var builder = SpecificationBuilder()
    if let base {
      if let (_, place) = extended(by: base) {
        builder.find(place, "a specification that is extended must not extend another", "extend it directly")
        return DocumentReading(findings: builder.findings)
      }
      builder.readBase(base)
      builder.readVariant(document)
    } else {
      builder.readBase(document)
    }
    let specification = builder.finish()
    return DocumentReading(
      specification.map { specification in
        let hash = base.map { SHA256.hex(of: Array((document.contentHash + $0.contentHash).utf8)) }
        return SpecificationDocument(
          specification: specification,
          reference: DocumentReference(
            name: specification.model, revision: builder.version,
            contentHash: hash ?? document.contentHash))
      }, findings: builder.findings)
  }

  /// Models with a file of their own in a folder (with its slash), by the names of the files.
  public static func models(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.map { $0.dropLast(".yaml".count).uppercased() }.sorted()
  }

  private static func extended(by document: YAMLDocument) -> (name: String, place: SourcePlace)? {
    guard case .table(let entries, _) = document.root else { return nil }
    for entry in entries where entry.key == "extends" {
      if case .scalar(let name, let place) = entry.value { return (name, place) }
    }
    return nil
  }
}

extension String {
  /// The path of a neighbour of the file at this path; a name that begins with `/` stands for itself.
  func neighbour(_ name: String) -> String {
    guard !name.hasPrefix("/") else { return name }
    guard let slash = lastIndex(of: "/") else { return name }
    return self[...slash] + name
  }
}
