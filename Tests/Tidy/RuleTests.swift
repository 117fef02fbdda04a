import Foundation
import Testing

/// Anything that would make two runs differ, or leave the world's executor.
private let banned: [(what: String, pattern: String)] = [
  ("an unstructured task", #"\bTask\s*(\{|\.init|<.*>\s*\{|\(priority|\(operation)"#),
  ("a detached task", #"\bTask\.detached"#), ("a wall-clock sleep", #"\bTask\.sleep|Thread\.sleep|\bu?sleep\s*\(\d"#),
  ("a sleep of the system", #"\b(usleep|nanosleep)\b"#), ("today", #"\bDate\(\)|\bDate\.now\b|\.now\b\s*\(\)"#),
  ("a clock of the system", #"\b(ContinuousClock|SuspendingClock|clock_gettime|gettimeofday)\b"#),
  ("a random identifier", #"\bUUID\(\)"#), ("system random", #"\bSystemRandomNumberGenerator\b|arc4random|\bgetrandom\b"#),
  ("random without a generator", #"\.random\((in:[^,()]*)?\)|\.shuffled\(\)|\.randomElement\(\)|\.shuffle\(\)"#),
  ("Dispatch", #"\bDispatch(Queue|Semaphore|Group|Source|WorkItem)\b"#),
]

/// Where the world itself is made, and where a person's calendar day counts.
private let free: Set<String> = ["LinuxPorts", "bmsrig", "CLinuxPorts"]

@Suite struct `Determinism` {
  @Test(arguments: SourceTree.sources.filter { !free.contains($0.module) })
  func `has no loophole`(_ file: SourceTree.File) throws {
    for (what, pattern) in banned {
      let expression = try Regex(pattern)
      for (number, text) in file.code where text.contains(expression) {
        Issue.record("\(file.path):\(number): \(what): \(text.trimmingCharacters(in: .whitespaces))")
      }
    }
  }

  @Test func `would notice each loophole`() throws {
    let samples = [
      "Task { await x() }", "Task.detached { }", "try await Task.sleep(for: .seconds(1))", "usleep(10)", "let d = Date()",
      "let c = ContinuousClock()", "UUID().uuidString", "SystemRandomNumberGenerator()", "Int.random(in: 0...3)",
      "DispatchQueue.main",
    ]
    for sample in samples {
      #expect(try banned.contains { sample.contains(try Regex($0.pattern)) }, "\(sample)")
    }
    #expect(try !banned.contains { "Int.random(in: 0...3, using: &dice)".contains(try Regex($0.pattern)) })
  }
}

@Suite struct `Sources` {
  static let all = SourceTree.sources + SourceTree.tests + [SourceTree.manifest]

  @Test func `keep to 120 characters a line`() {
    compare(
      Self.all.filter { file in
        file.path != "Package.swift" && file.lines.contains { $0.count > 120 }
      }.map(\.path), with: Exceptions.longLines, "has lines of more than 120 characters")
  }

  @Test func `keep to 400 lines a file`() {
    compare(
      Self.all.filter { $0.lines.count > 400 }.map(\.path), with: Exceptions.longFiles, "has more than 400 lines")
  }

  @Test func `keep to 70 lines a function`() {
    compare(Self.all.flatMap(longFunctions), with: Exceptions.longFunctions, "has more than 70 lines")
  }

  @Test(arguments: all) func `leave nothing undone and name no machine`(_ file: SourceTree.File) {
    // The words are put together here, so that this file does not find itself.
    let words = ["TO" + "DO", "FIX" + "ME", "/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/", "/Use" + "rs/"]
    for (index, line) in file.lines.enumerated() {
      for word in words where line.contains(word) { Issue.record("\(file.path):\(index + 1): \(word)") }
    }
  }

  @Test(arguments: SourceTree.sources.filter { ["Ports", "Capabilities"].contains($0.module) })
  func `say what every type and protocol of a contract is for`(_ file: SourceTree.File) {
    for (index, line) in file.lines.enumerated()
    where line.contains(/^public (final )?(struct|class|enum|protocol) \w/) {
      var above = index - 1
      while above >= 0, file.lines[above].hasPrefix("@") { above -= 1 }
      #expect(above >= 0 && file.lines[above].hasPrefix("///"), "\(file.path):\(index + 1) has no doc comment")
    }
  }

  private func compare(_ found: [String], with excepted: [String], _ what: String) {
    for name in found where !excepted.contains(name) { Issue.record("\(name) \(what)") }
    for name in excepted where !found.contains(name) {
      Issue.record("\(name) no longer \(what): take it off the list of exceptions")
    }
  }

  /// Functions by their indentation: from `func` or `init` to the closing brace in the same column.
  private func longFunctions(_ file: SourceTree.File) -> [String] {
    var found: [String] = []
    for (index, line) in file.lines.enumerated() {
      guard let match = line.firstMatch(of: /^( *)(?:[@\w()]+ )*(?:func|init)\b[ ?!]*(`[^`]*`|\w*)/) else { continue }
      let closing = match.1 + "}"
      let last = file.lines[(index + 1)...].firstIndex { $0 == closing || $0.hasPrefix(closing + " ") }
      // A declaration without a body ends before the next one in the same column.
      let next = file.lines[(index + 1)...].firstIndex {
        $0.hasPrefix(match.1) && $0.contains(/^ *(?:[@\w()]+ )*(?:func|init|var|let)\b/) && !$0.hasPrefix(match.1 + " ")
      }
      guard let last, last < next ?? .max, last - index + 1 > 70 else { continue }
      found.append("\(file.path) \(match.2)")
    }
    return found
  }
}
