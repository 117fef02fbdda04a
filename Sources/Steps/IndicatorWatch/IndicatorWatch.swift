import Capabilities
import Engine
import Model
import Ports
import Quantities

/// What light and buzzer did over the whole run: PRC-IND-02.
public enum IndicatorWatch: StepKind {
  public static let id = "indicator-watch"
  public static let summary =
    "Looks back over the whole run: no group of fault beeps with the red light, green light on throughout."
  public static let parameters: [FieldDeclaration] = []
  public static let measurements = [
    MeasurementDeclaration(
      "fault-beeps", .count, "groups of two to four bursts, each burst with the red light on")
  ]
  public static let roles: [RoleName] = [.buzzer, .redLED]
  public static let sample = """
    - step: indicator-watch
      id: indicators
      title: Lights and buzzer over the run
      measure:
        fault-beeps: fault-beeps
    """
  /// Power-on beeps follow an activation within this time (SPEC-BUZ-01).
  static let powerOnWindow = Interval.seconds(10)
  /// Largest gap inside a group (codes of manual section 10.2 repeat every 0.5 … 1 s).
  static let groupGap = Interval.milliseconds(350)

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let sound = try await bench.buzzer(from: .start, to: context.world.now)
    let red = try await bench.edges(.redLED, since: .start)
    let groups = sound.groups(gap: groupGap)
    // Only the first group after an activation is the power-on code: a run may end soon after a bad start.
    let powerOn = context.memory.activations.compactMap { pressed in
      groups.firstIndex { ($0.first?.at).map { $0 >= pressed && $0 - pressed <= powerOnWindow } ?? false }
    }
    let faults = groups.enumerated().filter { index, group in
      (2...4).contains(group.count) && !powerOn.contains(index)
        && group.allSatisfy { burst in isLit(red, during: burst) }
    }.map(\.element)
    context.measure(
      "fault-beeps", .number(Double(faults.count)), uncertainty: 0,
      by: bench.instrumentNames(.buzzer) + bench.instrumentNames(.redLED),
      note: faults.isEmpty ? "" : "first at \(TimeSpan(faults[0][0].at.seconds))")
  }

  /// Red goes on with the burst itself in the fault codes, within 50 ms of its begin.
  static func isLit(_ red: [LineEdge], during burst: BuzzerPattern.Burst) -> Bool {
    red.contains { $0.level && ($0.at - burst.at).seconds.magnitude < 0.05 }
  }
}
