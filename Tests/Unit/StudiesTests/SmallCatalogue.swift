import Foundation
import Studies
import TestKit

/// A folder with a short procedure and a few unit files, for studies of seconds; gone at the end.
final class SmallCatalogue {
  let folder: URL
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-study-\(UUID().uuidString)")
    try write("procedure.yaml", Self.procedure)
    for (path, text) in Self.units { try write("units/" + path, text) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func write(_ name: String, _ text: String) throws {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  func request(jobs: Int = 1, results: String? = nil, resumes: Bool = false) -> StudyRequest {
    StudyRequest(
      procedures: [path("procedure.yaml")], rig: Self.root.appending(path: "Rigs/simulated.yaml").path,
      seed: 7, jobs: jobs, date: "2026-06-01", program: "tests", results: results.map { path($0) },
      resumes: resumes)
  }

  static let procedure: String = {
    var short = ProcedureText(
      specification: root.path + "/Procedures/Specification/ek-b24s8e300a.yaml",
      phases: ProcedureText.phase("only", [ProcedureText.powerUp, identity, cells]), closing: [])
    short.workflow = "EOL"
    short.duration = "20 s"
    return short.text
  }()

  private static let identity = """
    - step: identity
      id: identity
      title: Identity
      measure:
        model: model
        complete: device-info-complete
        firmware: information
        telemetry-items: telemetry-items
        checksum-errors: checksum-errors
        frame-gaps: frame-gaps
        running-time-error: running-time-rate
        device-temperature: device-temperature
        blue-connected: blue-led-connected
        red-light: red-led-off
    """

  private static let cells = """
    - step: cell-accuracy
      id: cells
      title: Cells
      patterns: low
      frames: 3
      measure: {cell-error: cell-error}
    """

  /// A step for the end of the procedure; with less than 24 cells it cannot be run.
  static let everyCount =
    ProcedureText.indented(
      """
      \(ProcedureText.archive)
      - step: string-count-range
        id: counts
        title: Counts
        counts: [16, 24]
        measure: {reads: information, unused: information, alarm-free: information}
      """, 6) + """

      closing:
        phase: closing
        title: Closing
        steps:
      \(ProcedureText.indented(ProcedureText.restore(cycles: false), 4))

      """

  /// In alphabetical order of their paths.
  private static let units: [(String, String)] = [
    ("article/good.yaml", "unit: good\ntitle: Good\nbreaks: nothing\n"),
    (
      "article/overkill.yaml",
      "unit: overkill\ntitle: Called good, and is not\nbreaks: nothing\nchannels: {3: {offset: 25 mV}}\n"
    ),
    (
      "assembly/caught.yaml",
      "unit: caught\ntitle: Channel 7\nbreaks: SPEC-MEAS-02\nstory: A divider.\nchannels: {7: {offset: 25 mV}}\n"
    ),
    (
      "assembly/elsewhere.yaml",
      "unit: elsewhere\ntitle: Channel 7\nbreaks: SPEC-ID-01\nchannels: {7: {offset: 25 mV}}\n"
    ),
    (
      "assembly/escaped.yaml",
      "unit: escaped\ntitle: Too little to see\nbreaks: SPEC-MEAS-02\nchannels: {7: {offset: 1 mV}}\n"
    ),
    (
      "firmware/lto-only.yaml",
      "unit: lto-only\ntitle: LTO\nbreaks: SPEC-MEAS-02\nconditions: {chemistry: LTO, cells: 20}\n"
        + "channels: {20: {offset: -30 mV}}\n"
    ),
    (
      "firmware/unjudged.yaml",
      "unit: unjudged\ntitle: No hysteresis\nbreaks: SPEC-OVP-21\n"
    ),
    (
      "out-of-scope.yaml",
      "unit: out-of-scope\ntitle: Claims\nbreaks: SPEC-ID-06\n"
    ),
  ]
}
