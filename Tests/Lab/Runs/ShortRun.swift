import Foundation
import TestKit

/// The run that is broken while it goes on.
enum ShortRun {
  /// A minute with every kind of link: power-up, cells, currents up to 150 A, restoring.
  private static func procedure(_ root: String) -> String {
    let ports = """
      - step: communication-ports
        id: ports
        title: CAN port
        measure: {heartbeat: can-heartbeat, voltage-difference: can-voltage-difference}
      """
    let temperatures = """
      - step: temperature-accuracy
        id: temperatures
        title: Temperature inputs
        measure: {temperature-error: temperature-error}
        points: [{pair-1: 25 °C, pair-2: 45 °C}]
        settle: 2 s
      """
    let steps = [
      ProcedureText.powerUpNoted, ports, ProcedureText.archive, ProcedureText.balancingOff, temperatures,
    ]
    let pulled = ProcedureText(
      specification: root + "/Procedures/Specification/ek-b24s8e300a.yaml",
      phases: ProcedureText.phase("power-up", steps)
        + "\n- include: \(root)/Procedures/Phases/overcurrent-reduced.yaml",
      closing: [])
    return pulled.text + "closing:\n  include: \(root)/Procedures/Phases/closing.yaml\n"
  }

  /// Starts it; its events come as lines of JSON.
  static func start(on rig: ServedRig) throws -> Stranger {
    let path = rig.folder + "/short.yaml"
    try procedure(FileManager.default.currentDirectoryPath)
      .write(toFile: path, atomically: true, encoding: .utf8)
    return try Stranger(
      Program.path, "run", path, "--rig", rig.file, "--unit", ServedRig.unit, "--store", store(of: rig),
      "--json")
  }

  static func store(of rig: ServedRig) -> String { rig.folder + "/store" }
  static func journal(on rig: ServedRig) -> String { "\(store(of: rig))/journals/\(ServedRig.unit)-1.jsonl" }

  /// The record, closed first when the run broke off.
  static func report(on rig: ServedRig) throws -> RunReport {
    try RunReport.read("\(ServedRig.unit)-1", store: store(of: rig))
  }

  /// Number of the event in a line of the journal or of `--json`.
  static func sequence(of line: String) -> Int? {
    // In the journal it stands last, behind whatever the event holds.
    line.range(of: "\"sequence\":", options: line.hasPrefix("{\"sequence\"") ? [] : .backwards).flatMap {
      range in
      Int(line[range.upperBound...].prefix { $0.isNumber })
    }
  }
}
