import Foundation
import Model
import Rigging
import Testing

/// What the check finds in steps that ask a person, before anything is opened.
@Suite struct OperatorCheckFindingTests {
  private static func procedure(_ items: String, _ measure: String) -> String {
    """
    procedure: asking
    title: Asking
    revision: "1"
    workflow: INC
    specification: \(Scenario.root)/Procedures/Specification/ek-b24s8e300a.yaml
    unit: {chemistry: LFP, cells: 24}
    decision:
      critical: {guard: 1.0}
      other: {guard: 0.83}
    expected-duration: 10 s
    phases:
      - phase: look
        title: Look
        steps:
          - {step: operator-check, id: look, title: Look, items: [\(items)], measure: {\(measure)}}
          - {step: operator-check, id: again, title: Again, items: [{id: other, ask: Fine?}],
             measure: {other: information}}

    """
  }

  private func findings(_ items: String, _ measure: String, rig: (String) -> String = { $0 }) throws
    -> [Finding]
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-asking-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "procedure.yaml")
    try Self.procedure(items, measure).write(to: file, atomically: true, encoding: .utf8)
    let rigFile = folder.appending(path: "rig.yaml")
    let text = try String(contentsOfFile: Scenario.rigFile, encoding: .utf8)
    try rig(text).write(to: rigFile, atomically: true, encoding: .utf8)
    return Preflight.check(
      RunRequest(procedurePath: file.path, rigPath: rigFile.path, date: "2026-06-01")
    ).findings
  }

  @Test(arguments: [
    ("{id: a, ask: A?}", "b: information", "measures no 'b'"),
    ("{id: a, ask: A?}", "", "does not say what becomes of 'a'"),
    ("{id: a, ask: A?}, {id: a, ask: A?}", "a: information", "item 'a' stands twice"),
    ("{id: other, ask: A?}", "other: information", "question 'other' is asked in step 'look' already"),
    ("{id: A B, ask: A?}", "A B: information", "'A B' is no name of a question"),
    ("{id: a, ask: A?, kind: quantity}", "a: information", "a quantity needs a dimension"),
    ("{id: a, ask: A?, kind: choice}", "a: information", "offers no choices"),
    ("{id: a, ask: A?, choices: [x]}", "a: information", "'a' is no choice"),
    (
      "{id: a, ask: A?, kind: choice, choices: [x], accept: [y]}", "a: information",
      "'y' is accepted but cannot be chosen"
    ),
    ("{id: a, ask: A?, kind: quantity, dimension: length}", "a: width", "its uncertainty is not known"),
    (
      "{id: a, ask: A?, kind: quantity, dimension: length, uncertainty: 1 g}", "a: width",
      "'1 g' is a mass, expected a length"
    ),
    (
      "{id: a, ask: A?, kind: quantity, dimension: mass, with: scale}", "a: width",
      "limit 'width' is a length, 'a' is a mass"
    ),
    (
      "{id: a, ask: A?, kind: quantity, dimension: voltage, with: caliper}", "a: information",
      "needs the voltage uncertainty of 'caliper'"
    ),
    ("{id: a, ask: A?, kind: text}", "a: label-model", "needs to know what 'a' must equal"),
    ("{id: a, ask: A?}", "a: label-model", "compares texts, 'a' is none"),
    ("{id: a, ask: A?, kind: count, spread: yes}", "a: information", "only several quantities have a spread"),
    ("{id: a, ask: A?, with: loop-source}", "a: information", "'loop-source' is not known here"),
  ])
  func `what cannot work is named`(items: String, measure: String, words: String) throws {
    let found = try findings(items, measure)
    #expect(found.contains { $0.description.contains(words) }, "\(found)")
  }

  @Test func `a quantity needs its instrument in the rig, calibrated`() throws {
    let item = "{id: a, ask: A?, kind: quantity, dimension: length, with: caliper}"
    #expect(try findings(item, "a: width").isEmpty)
    let absent = try findings(item, "a: width") {
      $0.replacing("  caliper: {instrument: caliper, channel: 1}\n", with: "")
    }
    #expect(absent.contains { $0.description.contains("needs role 'caliper'") }, "\(absent)")
    let expired = try findings(item, "a: width") {
      $0.replacing(
        "SIM-CALIPER, date: \"2026-01-01\", due: \"2099-12-31\"",
        with: "X, date: \"2025-01-01\", due: \"2025-12-31\"")
    }
    #expect(expired.contains { $0.description.contains("calibration of 'caliper' expired") }, "\(expired)")
  }

  @Test func `nobody simulated can stand at a real rig, and nobody at all behind a wire`() throws {
    let item = "{id: a, ask: A?}"
    let wired = try findings(item, "a: information") {
      $0.replacing("operator: sim://operator", with: "operator: tcp://10.0.0.1:23")
    }
    #expect(
      wired.contains { $0.description.contains("nobody can be asked through a tcp address") }, "\(wired)")
    let real = try String(contentsOfFile: Scenario.root + "/Rigs/desk.yaml", encoding: .utf8)
    let mixed = try findings(item, "a: information") { _ in
      real.replacing("operator: terminal://", with: "operator: sim://operator")
    }
    #expect(mixed.contains { $0.description.contains("a simulated operator cannot look") }, "\(mixed)")
  }
}
