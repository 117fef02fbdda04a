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
  /// Code lines with their numbers from 1: without comments, and of string literals only what stands in `\( … )`.
  var code: [(number: Int, text: String)] {
    var isInLiteral = false
    var result: [(Int, String)] = []
    for (index, line) in lines.enumerated() {
      let text = Self.bare(line, isInLiteral)
      if !isInLiteral || !text.isEmpty { result.append((index + 1, text)) }
      if line.components(separatedBy: "\"\"\"").count % 2 == 0 { isInLiteral.toggle() }
    }
    return result
  }

  /// What surrounds a character: a literal, or code with so many open parentheses since its `\(`.
  private enum Surroundings { case literal(isLong: Bool), code(depth: Int) }

  private static func bare(_ line: String, _ isInLiteral: Bool) -> String {
    var out = ""
    var around: [Surroundings] = isInLiteral ? [.code(depth: 1), .literal(isLong: true)] : [.code(depth: 1)]
    var rest = Substring(line)
    while let character = rest.first {
      switch around[around.count - 1] {
      case .literal(let isLong):
        let end = isLong ? "\"\"\"" : "\""
        if rest.hasPrefix("\\(") {
          rest = rest.dropFirst(2)
          around.append(.code(depth: 1))
          continue
        }
        if rest.hasPrefix(end) {
          rest = rest.dropFirst(end.count)
          around.removeLast()
          out += "\""
          continue
        }
        rest = rest.dropFirst(character == "\\" ? 2 : 1)
      case .code(let depth):
        if rest.hasPrefix("//") { return out }
        rest = rest.dropFirst()
        let isInterpolation = around.count > 1
        switch character {
        case "\"": around.append(.literal(isLong: false))
        case "(" where isInterpolation: around[around.count - 1] = .code(depth: depth + 1)
        case ")" where isInterpolation && depth == 1:
          around.removeLast()
          out += " "
          continue
        case ")" where isInterpolation: around[around.count - 1] = .code(depth: depth - 1)
        default: break
        }
        out.append(character)
      }
    }
    return out
  }
}
