/// What is asked for and not yet verified. The list may only shrink: an entry that has got its step fails the tests,
/// and so does a requirement that has lost one. It is empty: every requirement has its step or its reason.
enum OpenRequirements {
  static let all: [String] = lines.split(separator: "\n").flatMap { line in
    let words = line.split(separator: " ")
    return words.dropFirst().map { "SPEC-\($0) \(words[0])" }
  }

  private static let lines = ""
}
