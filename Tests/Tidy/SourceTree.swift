import Foundation

/// The repository as files, for tests that read it.
enum SourceTree {
  /// The folder that holds Package.swift.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File: Sendable, CustomStringConvertible {
    /// From the root, e.g. `Sources/Engine/Judge.swift`.
    let path: String
    let lines: [String]
    /// `Engine` of `Sources/Engine/Judge.swift`.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var description: String { path }
    var text: String { lines.joined(separator: "\n") }
  }

  static let sources = swiftFiles(under: "Sources")
  static let tests = swiftFiles(under: "Tests")
  static let manifest = file("Package.swift")

  static func file(_ path: String) -> File {
    let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    return File(path: path, lines: (text ?? "").components(separatedBy: "\n"))
  }

  static func swiftFiles(under folder: String) -> [File] {
    paths(under: folder).filter { $0.hasSuffix(".swift") }.map(file)
  }

  /// Files below a folder, sorted, as paths from the root.
  static func paths(under folder: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    let found = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    return found.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(
        atPath: base.appendingPathComponent(name).path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.map { "\(folder)/\($0)" }.sorted()
  }

  /// Names of the folders directly below a folder, sorted.
  static func folders(in folder: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(
        atPath: base.appendingPathComponent(name).path, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}

extension SourceTree.File {
  /// Code lines with their numbers from 1: without comments, with the contents of plain string literals removed, and
  /// without multi-line literals.
  var code: [(number: Int, text: String)] {
    var inLiteral = false
    var result: [(Int, String)] = []
    for (index, line) in lines.enumerated() {
      let quotes = line.components(separatedBy: "\"\"\"").count - 1
      if inLiteral {
        if quotes % 2 == 1 { inLiteral = false }
        continue
      }
      if quotes % 2 == 1 { inLiteral = true }
      result.append((index + 1, Self.bare(line)))
    }
    return result
  }

  private static func bare(_ line: String) -> String {
    var out = ""
    var inString = false
    var escaped = false
    var previous: Character = " "
    for character in line {
      if inString {
        if !escaped, character == "\"" { inString = false }
        escaped = character == "\\" && !escaped
        if !inString { out.append(character) }
        continue
      }
      if character == "/", previous == "/" { return String(out.dropLast()) }
      if character == "\"" { inString = true }
      out.append(character)
      previous = character
    }
    return out
  }
}
