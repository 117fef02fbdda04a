import Documents
import Foundation
import Model
import Testing

/// Every value of the files we ship, each replaced by what does not belong there: told as findings, never a crash.
@Suite struct EverySlipTests {
  static let slips = ["-1", "x", "[]", "9999 kg"]

  /// Line and range of each `key: value` on one line; flow tables have several. Lines that differ in their digits only
  /// are of one kind.
  static func values(_ lines: [String]) -> [(line: Int, range: Range<String.Index>)] {
    var found: [(Int, Range<String.Index>)] = []
    var seen: Set<String> = []
    for (number, line) in lines.enumerated() where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      for match in line.matches(of: /: ("[^"]*"|[^ ,{}\[\]#"|>][^,{}\[\]#]*)/) {
        let kind = String(line[..<match.range.lowerBound]).replacing(/[0-9]+/, with: "N")
        if seen.insert(kind).inserted {
          found.append((number, match.output.1.startIndex..<match.output.1.endIndex))
        }
      }
    }
    return found
  }

  @Test(arguments: ["Rigs/simulated.yaml", "Rigs/desk.yaml"])
  func `no slip in a rig file ends the program`(path: String) throws {
    let text = try String(contentsOfFile: "\(repository)/\(path)", encoding: .utf8)
    let lines = text.components(separatedBy: "\n")
    let values = Self.values(lines)
    try #require(values.count > 20)
    var unnoticed = 0
    for (number, range) in values {
      for slip in Self.slips {
        var slipped = lines
        slipped[number].replaceSubrange(range, with: slip)
        let parsed = YAMLDocument.parse(text: slipped.joined(separator: "\n"), file: "r.yaml")
        guard let document = parsed.value else { continue }
        let reading = RigDocument.read(document, checks: RigDocumentTests.checks)
        if reading.findings.isEmpty { unnoticed += 1 }
      }
    }
    // Titles and names may be anything; most values may not.
    #expect(
      unnoticed < values.count * Self.slips.count / 4, "\(unnoticed) of \(values.count * Self.slips.count)")
  }
}
