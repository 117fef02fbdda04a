import CLinuxPorts
import Glibc
import Ports

/// Opens `gpio://gpiochip0`, `gpio://LABEL` (as `gpiodetect` shows it) or `gpio:///dev/NAME` and takes its lines.
///
/// Outputs are at their safe level from the moment they are ours: the kernel changes direction and level in one go.
struct LineOpening {
  let address: PortAddress
  let configuration: LineConfiguration
  let world: LinuxWorld

  /// What other programs see as the user of the lines.
  static let consumer = "bmsrig"

  /// - Throws: `.badAddress`, `.notFound` (chip or line), `.permission`, `.busy` (with the name of who holds the
  ///   line), `.unsupported` (a chip without interrupts), `.stopped`. Then no line is held.
  func open() throws(PortError) -> any LinePort {
    guard address.scheme == .gpio else {
      throw error(
        .badAddress, "digital lines are at a GPIO chip, not at '\(address.scheme.rawValue)'",
        "Write e.g. gpio://gpiochip0")
    }
    if let option = address.options.first {
      throw error(.badAddress, "'\(option.key)' is no option of a GPIO chip", "Leave it out")
    }
    if let reason = world.stopInForce { throw error(.stopped, reason, "") }
    let (path, chip) = try found()
    try check(against: chip)
    var outputs = configuration.outputs.map { clp_gpio_output(line: UInt32($0.line), level: $0.safeLevel) }
    var inputs = configuration.inputs.map { UInt32($0) }
    var opened: OpaquePointer?
    var line: Int32 = -1
    let result = clp_gpio_open(
      path, Self.consumer, &outputs, Int32(outputs.count), &inputs, Int32(inputs.count), &opened, &line)
    guard result == 0, let opened else { throw refusal(-result, path: path, line: Int(line)) }
    return DigitalLines(opened, configuration: configuration, address: address, world: world)
  }

  // MARK: the chip

  /// The chip's device file, and what it says of itself.
  private func found() throws(PortError) -> (path: String, chip: GPIOChip) {
    let target = address.target
    let path = target.hasPrefix("/") ? target : "/dev/\(target)"
    let attempt = GPIOChip.look(path)
    switch attempt {
    case .success(let chip): return (path, chip)
    case .failure(let error) where error.number != ENOENT || target.hasPrefix("/"):
      throw missing(error, path)
    case .failure: break
    }
    let all = GPIOChip.all()
    let labelled = all.filter { $0.chip?.label == target }
    if labelled.count > 1 {
      throw error(
        .badAddress, "\(labelled.map(\.path).joined(separator: " and ")) both carry the label '\(target)'",
        "Name the chip by its device file")
    }
    if let one = labelled.first, let chip = one.chip { return (one.path, chip) }
    if let closed = all.first(where: { $0.error == EACCES || $0.error == EPERM }) {
      throw missing(SystemError(number: EACCES), closed.path)
    }
    let there = all.map(\.description).joined(separator: ", ")
    throw error(
      .notFound,
      "no GPIO chip is called or labelled '\(target)'; "
        + (there.isEmpty ? "this computer has none" : "there is \(there)"),
      "Check that the board is plugged in and its kernel driver loaded; `gpiodetect` lists the chips")
  }

  private func missing(_ error: SystemError, _ path: String) -> PortError {
    switch error.number {
    case EACCES, EPERM:
      self.error(
        .permission, "\(path): \(error.words)",
        "Install the udev rules of the project (Rigs/udev/60-bmsrig.rules) and add yourself to the group plugdev "
          + "(`sudo usermod -aG plugdev $USER`, then log in again)")
    case ENOTTY, ENODEV, EINVAL, EISDIR:
      self.error(.badAddress, "\(path) is not a GPIO chip", "`gpiodetect` lists the chips")
    default:
      self.error(
        .notFound, "\(path): \(error.words)",
        "Check that the board is plugged in and its kernel driver loaded; `gpiodetect` lists the chips")
    }
  }

  // MARK: the lines

  private func check(against chip: GPIOChip) throws(PortError) {
    var seen: Set<Int> = []
    for line in configuration.outputs.map(\.line) + configuration.inputs {
      guard (0..<chip.lines).contains(line) else {
        throw error(
          .notFound, "\(chip.description) has lines 0 to \(chip.lines - 1), no line \(line)",
          "Check the line numbers of the rig file's roles, and that this is the right chip")
      }
      guard seen.insert(line).inserted else {
        throw error(
          .badAddress, "line \(line) is asked for twice",
          "A line is one output or one input; check the rig file's roles")
      }
    }
  }

  private func refusal(_ number: Int32, path: String, line: Int) -> PortError {
    let words = SystemError.words(number)
    guard line >= 0 else { return missing(SystemError(number: number), path) }
    var use = clp_gpio_use()
    let known = clp_gpio_look_line(path, UInt32(line), &use) == 0
    let name = text(use.name)
    let what = "line \(line)" + (name.isEmpty ? "" : " (\(name))")
    switch number {
    case EBUSY:
      let consumer = text(use.consumer)
      return error(
        .busy,
        "\(what) of \(path) is used by "
          + (known && !consumer.isEmpty ? "'\(consumer)'" : "another program or a kernel driver"),
        "End that program, or take the line away from the driver; `gpioinfo` shows who uses which line")
    case ENODEV where known && configuration.inputs.contains(line), ENXIO, EOPNOTSUPP:
      return error(
        .unsupported, "\(what) of \(path) reports no edges: the chip has no interrupt for it",
        "Use a chip with interrupts for inputs")
    default:
      return error(.refused, "\(what) of \(path): \(words)", "`gpioinfo` shows the state of the lines")
    }
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(
      code, attempted: "take the digital lines", port: address.description, cause: cause, advice: advice)
  }
}
