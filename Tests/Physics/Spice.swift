import Foundation
import Testing

/// ngspice in batch mode: netlist in, numbers out. Nothing of ours takes part in what it computes.
struct Spice {
  struct Failure: Error, CustomStringConvertible {
    let netlist: String
    let output: String
    var description: String { "ngspice did not answer as expected:\n\(output)\nfor the netlist\n\(netlist)" }
  }

  /// One computed quantity over time.
  struct Wave {
    let times: [Double]
    let values: [Double]

    /// Straight between the two nearest points.
    func value(at time: Double) -> Double {
      guard let upper = times.firstIndex(where: { $0 >= time }), upper > 0 else {
        return time <= times[0] ? values[0] : values[values.count - 1]
      }
      let share = (time - times[upper - 1]) / (times[upper] - times[upper - 1])
      return values[upper - 1] + share * (values[upper] - values[upper - 1])
    }

    /// The first instant at which the value has risen to `level`.
    func risesTo(_ level: Double) -> Double? {
      guard let upper = values.firstIndex(where: { $0 >= level }), upper > 0 else { return nil }
      let share = (level - values[upper - 1]) / (values[upper] - values[upper - 1])
      return times[upper - 1] + share * (times[upper] - times[upper - 1])
    }

    /// Trapezoids of a function of the value.
    func integral(_ function: (Double) -> Double) -> Double {
      zip(times.indices, times.indices.dropFirst()).reduce(0) { sum, pair in
        let (a, b) = pair
        return sum + (function(values[a]) + function(values[b])) / 2 * (times[b] - times[a])
      }
    }
  }

  static var isInstalled: Bool {
    ["/usr/bin/ngspice", "/usr/local/bin/ngspice"].contains(
      where: FileManager.default.isExecutableFile(atPath:))
  }

  /// The operating point: a value for each expression, e.g. `v(b)` or `i(vsense)`.
  static func operatingPoint(_ netlist: String, _ expressions: [String]) throws -> [Double] {
    let rows = try run(netlist, analysis: "op", expressions)
    return try expressions.indices.map { index in
      guard let value = rows.first?.dropFirst(index + 1).first else {
        throw Failure(netlist: netlist, output: "no value for \(expressions[index])")
      }
      return value
    }
  }

  /// A transient from 0 to `end` with no step longer than `step`, from the initial values that the elements state.
  static func transient(_ netlist: String, _ expression: String, end: Double, step: Double) throws -> Wave {
    let rows = try run(netlist, analysis: "tran \(step) \(end) 0 \(step) uic", [expression])
    return Wave(times: rows.map { $0[0] }, values: rows.map { $0[1] })
  }

  /// Rows of scale and values.
  private static func run(_ netlist: String, analysis: String, _ expressions: [String]) throws -> [[Double]] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bmsrig-spice-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = """
      bmsrig comparison
      \(netlist)
      .options reltol=1e-6 abstol=1e-9 vntol=1e-9
      .control
      set wr_singlescale
      set numdgt=12
      \(analysis)
      wrdata result.txt \(expressions.joined(separator: " "))
      quit
      .endc
      .end

      """
    try Data(text.utf8).write(to: folder.appendingPathComponent("circuit.cir"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ngspice", "-b", "circuit.cir"]
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let result = try? String(contentsOf: folder.appendingPathComponent("result.txt"), encoding: .utf8)
    let rows = (result ?? "").split(separator: "\n").map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    guard !rows.isEmpty, rows.allSatisfy({ $0.count == expressions.count + 1 }) else {
      throw Failure(netlist: text, output: said)
    }
    return rows
  }
}
