import Foundation

/// The kernel's own record of who drove which line to which level.
final class LineWitness {
  private let folder = "/sys/kernel/tracing"

  /// Begins a new record.
  init() throws {
    if !FileManager.default.fileExists(atPath: folder + "/trace") {
      try Lab.run("mount", "-t", "tracefs", "tracefs", folder)
    }
    // Opening it with truncation is what empties it.
    try Lab.run("sh", "-c", ": >\(folder)/trace")
    try Lab.write("1", to: folder + "/events/gpio/gpio_value/enable")
  }

  deinit { try? Lab.write("0", to: folder + "/events/gpio/gpio_value/enable") }

  /// Every change so far: `LINE set LEVEL`, the line counted from the lowest one in the record.
  func levels() throws -> [String] {
    let record = try Lab.text(of: folder + "/trace")
    let changes = record.matches(of: /gpio_value: (\d+) set (\d)/).map { (Int($0.1)!, $0.2) }
    let first = changes.map(\.0).min() ?? 0
    return changes.map { "\($0 - first) set \($1)" }
  }
}
