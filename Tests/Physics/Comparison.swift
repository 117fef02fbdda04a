import Foundation
import Testing

/// Collects what was compared with ngspice, checks the bounds and leaves a table in `.build/physics`.
struct Comparison {
  struct Row {
    let place: String
    let ours: Double
    let spice: Double
    var difference: Double { abs(ours - spice) }
  }

  /// What is compared, its unit, and the largest difference that is allowed, with the reason.
  let quantity: String
  let unit: String
  let bound: Double
  let reason: String
  private(set) var rows: [Row] = []

  init(_ quantity: String, unit: String, bound: Double, _ reason: String) {
    self.quantity = quantity
    self.unit = unit
    self.bound = bound
    self.reason = reason
  }

  mutating func add(_ place: String, ours: Double, spice: Double) {
    rows.append(Row(place: place, ours: ours, spice: spice))
    #expect(
      abs(ours - spice) <= bound,
      "\(quantity), \(place): ours \(ours) \(unit), ngspice \(spice) \(unit), bound \(bound)")
  }

  /// One line of a Markdown table: the worst place.
  private var line: String {
    guard let worst = rows.max(by: { $0.difference < $1.difference }) else { return "" }
    let figures = [worst.ours, worst.spice, worst.difference, bound].map { String(format: "%.6g", $0) }
    return "| \(quantity) | \(unit) | \(rows.count) | \(worst.place) | \(figures[0]) | \(figures[1]) | "
      + "\(figures[2]) | \(figures[3]) | \(reason) |"
  }

  /// Writes the tables of one subject; `make physics` shows them.
  static func report(_ subject: String, _ comparisons: [Comparison]) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appendingPathComponent(".build/physics")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let head =
      "## \(subject)\n\n"
      + "| quantity | unit | points | largest difference at | ours | ngspice | difference | bound | why this bound |\n"
      + "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    let text = head + comparisons.map(\.line).joined(separator: "\n") + "\n\n"
    let name = subject.lowercased().replacingOccurrences(of: " ", with: "-")
    try Data(text.utf8).write(to: folder.appendingPathComponent("\(name).md"))
    print(text)
  }
}
