import Model
import Ports
import Simulation
import Testing

/// A run that ends while the unit holds another app password: the closing phase brings the old one back, or the record
/// says that it did not.
@Suite struct PasswordStopTests {
  private static let steps = """
    - step: password-change
      id: password
      title: Password
      change: yes
      measure: {shown: password-shown, factory-default: information, new-accepted: password-changes,
        old-refused: password-changes, password-restored: password-changes}
    """

  /// An instant at which the change was sent and not yet undone, in a run of the same seed that nobody stops.
  private func between() throws -> WorldInstant {
    let result = try StepRun(steps: Self.steps).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    let asked = try #require(result.measurements("factory-default").first?.at)
    let seen = try #require(result.measurements("new-accepted").first?.at)
    return .start + .seconds(asked + 0.9 * (seen - asked))
  }

  @Test func `a stop in between brings the old password back`() throws {
    let instant = try between()
    let result = try StepRun(
      steps: Self.steps,
      arrange: { world in world.schedule(at: instant) { world.requestStop(reason: "operator") } }
    ).run()
    #expect(result.verdict == .aborted, "\(result.complaints)")
    let restored = result.measurements("restored")
    #expect(restored.map(\.outcome) == [.pass, .pass], "\(result.record.steps.flatMap(\.notes))")
    #expect(restored.first?.channel == "app password")
  }

  @Test func `a unit that is lost in between is said to hold another password`() throws {
    let instant = try between()
    let result = try StepRun(
      steps: Self.steps,
      arrange: { world in
        world.schedule(at: instant) {
          var link = LinkBehaviour()
          link.silent = true
          world.setLink(link, of: "unit")
        }
      }
    ).run()
    #expect(result.measurements("restored").map(\.outcome) == [.notMeasured])
    let notes = result.record.steps.flatMap(\.notes)
    #expect(notes.contains { $0.contains("settings and app password not restored") }, "\(notes)")
  }
}
