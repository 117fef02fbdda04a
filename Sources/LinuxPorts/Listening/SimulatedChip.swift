import Glibc
import Ports

/// A GPIO chip of the kernel's simulator (gpio-sim), from the side of what is wired to its lines: levels at outputs are
/// looked at, inputs are pulled. The chip must be there already; making one needs root and configfs.
public final class SimulatedChip {
  /// As in /dev, e.g. `gpiochip1`.
  public let chip: String
  private let folder: String
  private var levels: [Int: Int32] = [:]
  private var pulls: [Int: Int32] = [:]

  /// - Parameters:
  ///   - outputs: Lines that another program drives.
  ///   - inputs: Lines that another program reads.
  /// - Throws: `.notFound` for a chip or line that is not there or is no simulated one, `.permission`.
  public init(chip: String, outputs: [Int], inputs: [Int]) throws(PortError) {
    self.chip = chip
    guard let path = realpath("/sys/bus/gpio/devices/\(chip)", nil) else {
      throw PortError(
        .notFound, attempted: "play what is wired to a GPIO chip", port: chip, cause: SystemError.last.words,
        advice: "`gpiodetect` lists the chips; simulated ones are made through configfs (module gpio-sim)")
    }
    folder = String(cString: path)
    free(path)
    do throws(PortError) {
      for line in outputs { levels[line] = try opened(line, "value", O_RDONLY) }
      for line in inputs { pulls[line] = try opened(line, "pull", O_WRONLY) }
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  /// The level at the pin of an output; nil when the chip is gone.
  public func level(_ line: Int) -> Bool? {
    guard let descriptor = levels[line] else { return nil }
    var digit: UInt8 = 0
    return pread(descriptor, &digit, 1, 0) == 1 ? digit == UInt8(ascii: "1") : nil
  }

  /// Drives an input from outside.
  /// - Returns: False when the chip is gone.
  public func pull(_ line: Int, to level: Bool) -> Bool {
    guard let descriptor = pulls[line] else { return false }
    let text = Array((level ? "pull-up" : "pull-down").utf8)
    return pwrite(descriptor, text, text.count, 0) == text.count
  }

  public func close() {
    for descriptor in levels.values { Glibc.close(descriptor) }
    for descriptor in pulls.values { Glibc.close(descriptor) }
    levels = [:]
    pulls = [:]
  }

  private func opened(_ line: Int, _ attribute: String, _ mode: Int32) throws(PortError) -> Int32 {
    let descriptor = Glibc.open("\(folder)/sim_gpio\(line)/\(attribute)", mode | O_CLOEXEC)
    guard descriptor < 0 else { return descriptor }
    let error = SystemError.last
    throw PortError(
      error.number == EACCES ? .permission : .notFound, attempted: "play what is wired to a GPIO chip",
      port: "\(chip), line \(line)", cause: error.words,
      advice: "The chip must be one of the kernel's simulator (gpio-sim) with that many lines, and you root")
  }
}
