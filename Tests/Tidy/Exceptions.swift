/// What does not keep the rules yet. The list may only shrink: an entry that is no longer needed fails the tests, and
/// so does anything new.
enum Exceptions {
  /// Files with lines of more than 120 characters.
  static let longLines = [
    "Sources/Reports/HTML/Stylesheet.swift"
  ]
  /// Files of more than 400 lines.
  static let longFiles: [String] = []
  /// `path function` of more than 70 lines.
  static let longFunctions: [String] = []
}
