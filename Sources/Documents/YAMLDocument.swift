import Foundation
import Model

/// A YAML file as written: keys in order, every value with its line and column, and the hash of its bytes.
///
/// Only plain YAML is read: one document per file, no anchors, aliases or tags, no key twice.
public struct YAMLDocument: Hashable, Sendable {
  /// Larger files are refused unread.
  public static let byteCountMax = 4 << 20

  public let file: String
  /// SHA-256 of the bytes, lower-case hex.
  public let contentHash: String
  public let root: DocumentValue

  /// Reads a file. Besides what `parse` refuses: a file that is missing, unreadable, no regular file, larger than
  /// 4 MiB, or whose last line has no line end (it may be cut off).
  public static func load(path: String) -> DocumentReading<YAMLDocument> {
    func refuse(_ message: String, _ suggestion: String) -> DocumentReading<YAMLDocument> {
      DocumentReading(findings: [.init(place: .start(of: path), message: message, suggestion: suggestion)])
    }
    let attributes: [FileAttributeKey: Any]
    do {
      let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      attributes = try FileManager.default.attributesOfItem(atPath: resolved)
    } catch {
      return refuse("the file does not exist or its folder cannot be read", "check the path")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      return refuse("this is not a regular file", "name a YAML file")
    }
    guard let size = (attributes[.size] as? NSNumber)?.intValue, size <= byteCountMax else {
      return refuse("the file is larger than \(byteCountMax >> 20) MiB", "this is hardly a file people wrote")
    }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      return refuse("the file cannot be read", "check its permissions")
    }
    let bytes = [UInt8](data)
    let reading = parse(bytes: bytes, file: path)
    guard reading.value != nil, bytes.last != UInt8(ascii: "\n") else { return reading }
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    let place = SourcePlace(file: path, line: lines, column: 1)
    return DocumentReading(findings: [
      .init(
        place: place, message: "the last line has no line end, so the file may be cut off",
        suggestion: "check that the file is complete and end it with a line break")
    ])
  }

  public static func parse(text: String, file: String) -> DocumentReading<YAMLDocument> {
    parse(bytes: Array(text.utf8), file: file)
  }

  static func parse(bytes: [UInt8], file: String) -> DocumentReading<YAMLDocument> {
    if let finding = YAMLScreening.finding(in: bytes, file: file) {
      return DocumentReading(findings: [finding])
    }
    // The byte order mark some editors write is no content.
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    do throws(YAMLRefusal) {
      let root = try YAMLComposer.compose(content, file: file)
      return DocumentReading(YAMLDocument(file: file, contentHash: SHA256.hex(of: bytes), root: root))
    } catch {
      return DocumentReading(findings: [error.finding])
    }
  }
}

extension SourcePlace {
  static func start(of file: String) -> SourcePlace { SourcePlace(file: file, line: 1, column: 1) }
}
