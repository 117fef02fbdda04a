import Model
import Testing

/// Settings that cannot go back to what they were: the unit's fault where it does not keep what it is sent, the rig's
/// where the rig has changed what it may not write back.
@Suite struct PuttingBackTests {
  private static let range = """
    - step: settings-ranges
      id: stop-difference
      title: Stop difference
      measure: {accepts: stop-difference-range-kept, refuses: range-refused, as-before: settings-restored}
      settings:
        - {setting: balance-stop-difference, range: stop-difference-range, outside: 1 mV}
    """
  private static let firstCell = """
    - step: first-cell-start
      id: first-cell
      title: First cell
      measure: {idle-below: information, starts-above: information}
    """

  @Test func `a memory of coarse steps fails as settings not restored, in words`() throws {
    // After the first step the unit shows a stop difference of 0 V, which the second finds and may not write.
    let result = try StepRun(
      defect: "memory: {voltage-step: 5 mV}", steps: Self.range + "\n" + Self.firstCell
    )
    .run()
    #expect(result.verdict == .fail, "\(result.complaints)")
    #expect(result.record.errors.isEmpty, "\(result.record.errors)")
    #expect(result.failedRequirements.contains("SPEC-SET-06"), "\(result.failedRequirements)")
    let restored = try #require(result.measurements("restored").first)
    #expect(restored.outcome == .fail)
    #expect(restored.note.contains("'balance-stop-difference' reads 0 V, not "), "\(restored.note)")
    let notes = result.record.steps.flatMap(\.notes)
    #expect(notes.contains { $0.contains("'balance-stop-difference' is not put back") }, "\(notes)")
  }

  @Test func `a value that the unit came with and the rig may not write back is an error`() throws {
    let result = try StepRun(defect: "settings: {balance-stop-voltage: 0.9 V}", steps: Self.firstCell).run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(
      result.record.errors.contains { $0.message.contains("0.9 is outside") }, "\(result.record.errors)")
  }
}
