import Foundation
import Testing

/// Anything that would make two runs differ, or leave the world's executor.
private let banned = [
  "Task {", "Task.init", "Task.detached", "Task.sleep", "Thread.sleep", "usleep(", "nanosleep(", "Date()",
  "Date.now",
  "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "UUID()",
  "SystemRandomNumberGenerator",
  "arc4random", "getrandom", ".randomElement()", ".shuffled()", ".shuffle()", "DispatchQueue",
  "DispatchSemaphore",
  "DispatchGroup", "DispatchSource", "DispatchWorkItem", "DispatchTime",
]

/// Every loophole in a line of code.
private func loopholes(_ code: String) -> [String] {
  // A child of a task group stays in its world.
  let code = code.replacing("group.addTask {", with: "")
  var found = banned.filter(code.contains)
  if code.contains(".random("), !code.contains("using:") { found.append(".random without a generator") }
  return found
}

/// Where the world itself is made, where a person's calendar day counts, and where time is what is measured.
private let free: Set<String> = ["LinuxPorts", "bmsrig", "bmsrig-bench", "CLinuxPorts"]

@Suite struct `Determinism` {
  @Test(arguments: SourceTree.sources.filter { !free.contains($0.module) })
  func `has no loophole`(_ file: SourceTree.File) {
    // Most files have none even in their comments.
    guard !loopholes(file.text).isEmpty || file.text.contains(".random(") else { return }
    for (number, text) in file.code {
      for what in loopholes(text) { Issue.record("\(file.path):\(number): \(what)") }
    }
  }

  @Test(arguments: [
    "let path = \"a-\\(UUID().uuidString).txt\"",
    "print(\"a\", \"b \\(max(\"\\(Date())\".count, (1))) // c\")",
    "  \\(UUID().uuidString) in a long literal",
  ]) func `sees what stands in a literal's brackets`(_ line: String) {
    let lines = line.hasPrefix(" ") ? ["let text = \"\"\"", line, "  \"\"\""] : [line]
    let code = SourceTree.File(path: "sample", lines: lines).code
    #expect(code.contains { !loopholes($0.text).isEmpty }, "\(code)")
  }

  @Test(arguments: [
    "let words = \"UUID() and \\(name) Date()\"", "let a = \"\\\\(UUID())\"", "call() // \"\\(Date())\"",
    "let a = \"\\\"\\(b)\" + \"Date()\"",
  ]) func `leaves alone what is only written`(_ line: String) {
    let code = SourceTree.File(path: "sample", lines: [line]).code
    #expect(code.allSatisfy { loopholes($0.text).isEmpty }, "\(code)")
    let long = SourceTree.File(path: "sample", lines: ["let a = \"\"\"", "Date()", "\"\"\"", "Date()"]).code
    #expect(long.filter { !loopholes($0.text).isEmpty }.map(\.number) == [4])
  }

  @Test func `would notice each loophole`() {
    for sample in [
      "Task { await x() }", "try await Task.sleep(for: .seconds(1))", "let d = Date()",
      "let id = UUID().uuidString",
      "Int.random(in: 0...3)", "DispatchQueue.main.async", "list.randomElement()!",
    ] { #expect(!loopholes(sample).isEmpty, "\(sample)") }
    #expect(loopholes("group.addTask { await x() }").isEmpty)
    #expect(loopholes("Int.random(in: 0...3, using: &dice); list.randomElement(using: &dice)").isEmpty)
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
      Self.all.filter { $0.lines.count > 400 }.map(\.path), with: Exceptions.longFiles,
      "has more than 400 lines")
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
    where line.hasPrefix("public ") && line.contains(/^public (final )?(struct|class|enum|protocol) \w/) {
      var above = index - 1
      while above >= 0, file.lines[above].hasPrefix("@") { above -= 1 }
      #expect(
        above >= 0 && file.lines[above].hasPrefix("///"), "\(file.path):\(index + 1) has no doc comment")
    }
  }

  private func compare(_ found: [String], with excepted: [String], _ what: String) {
    for name in found where !excepted.contains(name) { Issue.record("\(name) \(what)") }
    for name in excepted where !found.contains(name) {
      Issue.record("\(name) no longer \(what): take it off the list of exceptions")
    }
  }

  nonisolated(unsafe) private static let function = /^( *)(?:[@\w()]+ )*(?:func|init)\b[ ?!]*(`[^`]*`|\w*)/
  nonisolated(unsafe) private static let declaration = /^ *(?:[@\w()]+ )*(?:func|init|var|let)\b/

  /// Functions by their indentation: from `func` or `init` to the closing brace in the same column.
  private func longFunctions(_ file: SourceTree.File) -> [String] {
    var found: [String] = []
    for (index, line) in file.lines.enumerated() {
      guard line.contains("func ") || line.contains("init") else { continue }
      guard let match = line.firstMatch(of: Self.function) else { continue }
      let closing = match.1 + "}"
      let last = file.lines[(index + 1)...].firstIndex { $0 == closing || $0.hasPrefix(closing + " ") }
      guard let last, last - index + 1 > 70 else { continue }
      // A declaration without a body ends before the next one in the same column.
      let next = file.lines[(index + 1)...].firstIndex {
        $0.contains(Self.declaration) && $0.prefix { $0 == " " } == match.1
      }
      guard last < next ?? .max else { continue }
      found.append("\(file.path) \(match.2)")
    }
    return found
  }
}
