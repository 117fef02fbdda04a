import Capabilities
import Engine
import Model
import Ports
import Quantities

/// What the unit's link carried over the whole run: PRC-COM-02.
///
/// The look at the link when it was set up sees a dozen frames; a fault of one in sixteen hides there. Bluetooth has a
/// check and repetition of its own below the frames, so a damaged frame was damaged before it was sent.
public enum LinkWatch: StepKind {
  public static let id = "link-watch"
  public static let summary =
    "Looks back over the whole run: share of the unit's frames that were damaged or missing."
  public static let parameters = [
    FieldDeclaration(
      "frames", .integer(range: 10...1_000_000), default: "100",
      doc: "good frames below which nothing is concluded")
  ]
  public static let measurements = [
    MeasurementDeclaration("damaged", .ratio, "frames with a wrong checksum over all that came"),
    MeasurementDeclaration(
      "missing", .ratio, "gaps in the frame counter over the frames that should have come"),
  ]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: link-watch
      id: link
      title: Bluetooth link over the run
      measure:
        damaged: damaged-frames
        missing: missing-frames
    """

  public static func run(_ context: StepContext) async throws {
    let statistics = context.unit.statistics
    let wanted = context.values.integer("frames")
    guard statistics.frames + statistics.checksumErrors >= wanted else {
      let why = "\(statistics.frames) frames in the whole run; \(wanted) tell something"
      for name in ["damaged", "missing"] { context.measure(name, .missing(why), by: ["unit"]) }
      return
    }
    let note = "\(statistics.frames) good frames"
    context.measure(
      "damaged", .number(share(statistics.checksumErrors, of: statistics.frames)), uncertainty: 0,
      by: ["unit"],
      note: "\(note), \(statistics.checksumErrors) damaged")
    context.measure(
      "missing", .number(share(statistics.counterGaps, of: statistics.frames)), uncertainty: 0, by: ["unit"],
      note: "\(note), \(statistics.counterGaps) gaps")
  }

  private static func share(_ bad: Int, of good: Int) -> Double { Double(bad) / Double(bad + good) }
}
