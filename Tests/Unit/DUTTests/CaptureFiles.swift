import DUT
import Foundation
import Quantities
import Testing

/// One capture of `Captures/`: its bytes, and what a decoder must give.
struct CaptureFile: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  /// One entry per line: for streams, one notification.
  let chunks: [[UInt8]]
  let expected: OrderedJSON

  var bytes: [UInt8] { chunks.flatMap { $0 } }
  var kind: String { expected["kind"]!.stringValue! }
  var testDescription: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Captures")

  static let all: [CaptureFile] = {
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return names.filter { $0.hasSuffix(".hex") }.sorted().map { named(String($0.dropLast(4))) }
  }()

  static let frames = all.filter { $0.kind != "notification_stream" }
  static let streams = all.filter { $0.kind == "notification_stream" }

  static func named(_ name: String) -> CaptureFile {
    let text = try! String(contentsOf: folder.appending(path: name + ".hex"), encoding: .utf8)
    let json = try! String(contentsOf: folder.appending(path: name + ".json"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return CaptureFile(
      name: name, text: text, chunks: lines.map { try! HexDecoder.bytes(of: String($0)) },
      expected: try! OrderedJSON(parsing: json))
  }
}

/// Places where two JSON values differ; floats may differ by `tolerance`.
func differences(
  _ actual: OrderedJSON, _ expected: OrderedJSON, tolerance: Double, path: String = "$"
) -> [String] {
  switch (actual, expected) {
  case (.object(let a), .object(let e)):
    guard a.map(\.key) == e.map(\.key) else {
      return ["\(path): keys \(a.map(\.key)) instead of \(e.map(\.key))"]
    }
    return zip(a, e).flatMap {
      differences($0.value, $1.value, tolerance: tolerance, path: "\(path).\($1.key)")
    }
  case (.array(let a), .array(let e)):
    guard a.count == e.count else { return ["\(path): \(a.count) elements instead of \(e.count)"] }
    return zip(a, e).enumerated().flatMap {
      differences($1.0, $1.1, tolerance: tolerance, path: "\(path)[\($0)]")
    }
  case (.double(let a), .double(let e)):
    return abs(a - e) <= tolerance ? [] : ["\(path): \(a) instead of \(e)"]
  default: return actual == expected ? [] : ["\(path): \(actual) instead of \(expected)"]
  }
}
