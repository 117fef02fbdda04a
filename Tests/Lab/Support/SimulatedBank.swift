import Foundation

/// A GPIO chip of the kernel's simulator: inputs follow a pull, outputs can be looked at. Lives as long as this object.
final class SimulatedBank: Sendable {
  let label: String
  /// As in /dev, e.g. `gpiochip1`.
  let chip: String
  private let folder: String
  fileprivate let lines: String

  /// - Parameters:
  ///   - label: also the name of its place in the simulator.
  ///   - chipLabel: when the chip's label is to differ from that.
  ///   - names: of lines 0, 1, …; an empty text leaves one without a name.
  init(label: String, chipLabel: String? = nil, lines count: Int, names: [String] = []) throws {
    try Lab.load("gpio-sim")
    self.label = chipLabel ?? label
    folder = "/sys/kernel/config/gpio-sim/\(label)"
    try FileManager.default.createDirectory(atPath: folder + "/bank", withIntermediateDirectories: true)
    try Lab.write("\(count)", to: folder + "/bank/num_lines")
    try Lab.write(self.label, to: folder + "/bank/label")
    for (line, name) in names.enumerated() where !name.isEmpty {
      try FileManager.default.createDirectory(
        atPath: folder + "/bank/line\(line)", withIntermediateDirectories: true)
      try Lab.write(name, to: folder + "/bank/line\(line)/name")
    }
    try Lab.write("1", to: folder + "/live")
    chip = try Lab.text(of: folder + "/bank/chip_name")
    let device = try Lab.text(of: folder + "/dev_name")
    lines = "/sys/devices/platform/\(device)/\(chip)"
  }

  deinit { remove() }

  /// Pulls the chip out of the computer.
  func remove() {
    try? Lab.write("0", to: folder + "/live")
    // Attributes of configfs go with their folders, so these are empty for rmdir.
    for line in (try? FileManager.default.contentsOfDirectory(atPath: folder + "/bank")) ?? []
    where line.hasPrefix("line") { rmdir(folder + "/bank/" + line) }
    rmdir(folder + "/bank")
    rmdir(folder)
  }

  /// What drives an input from outside.
  func pull(_ line: Int, to level: Bool) throws {
    try Lab.write(level ? "pull-up" : "pull-down", to: "\(lines)/sim_gpio\(line)/pull")
  }

  /// The level at the pin.
  func level(_ line: Int) throws -> Bool { try Lab.text(of: "\(lines)/sim_gpio\(line)/value") == "1" }
}

/// Pulls one line many times, without opening a file each time.
final class Puller {
  private let file: FileHandle

  init(_ bank: SimulatedBank, line: Int) throws {
    file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(bank.lines)/sim_gpio\(line)/pull"))
  }

  func pull(to level: Bool) throws {
    try file.seek(toOffset: 0)
    try file.write(contentsOf: Data((level ? "pull-up" : "pull-down").utf8))
  }
}
