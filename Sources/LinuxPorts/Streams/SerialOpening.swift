import Glibc
import Ports

/// Opens `serial:///dev/NAME?baud=RATE&parity=none&stop=1&data=8`, on RS485 with `&rs485=kernel` and its like
/// (`SerialDirection`).
///
/// The line is ours alone: the kernel's exclusive mode keeps ordinary programs from opening it, a lock keeps out
/// those that look at locks even as root. Input that came before opening is thrown away.
struct SerialOpening {
  let address: PortAddress
  let world: LinuxWorld

  /// - Throws: `.badAddress`, `.notFound`, `.permission`, `.busy`, `.unsupported` (a setting the adapter cannot
  ///   do), `.stopped`.
  func open() throws(PortError) -> any StreamPort {
    let settings = try SerialSettings(address)
    if let reason = world.stopInForce { throw error(.stopped, reason, "") }
    // Non-blocking, else a line without carrier would hold up opening for ever.
    let descriptor = Glibc.open(address.target, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw refusal(.last) }
    var isOurs = false
    do {
      try takeAlone(descriptor)
      isOurs = true
      try configure(descriptor, settings)
    } catch {
      // Another program's exclusive mode is not ours to lift.
      if isOurs { Self.letGo(descriptor) }
      Glibc.close(descriptor)
      throw error
    }
    let stream = try DescriptorStream(descriptor, kind: .serial, address: address, world: world)
    guard settings.direction.needsHand else { return stream }
    return DirectedStream(
      stream, line: KernelLine(descriptor: descriptor), settings: settings, world: world)
  }

  private static let isExclusive: UInt = 0x8004_5440  // TIOCGEXCL, asm-generic/ioctls.h

  /// Lets other programs open the line again.
  static func letGo(_ descriptor: Int32) {
    _ = ioctl(descriptor, UInt(TIOCNXCL), 0)
    flock(descriptor, LOCK_UN)
  }

  private func takeAlone(_ descriptor: Int32) throws(PortError) {
    guard isatty(descriptor) == 1 else {
      throw error(
        .badAddress, "\(address.target) is not a serial line", "Look for the line under /dev/serial/by-id")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw refusal(.last) }
    // The kernel lets root open a line in exclusive mode all the same.
    var taken: Int32 = 0
    if ioctl(descriptor, Self.isExclusive, &taken) == 0, taken != 0 {
      throw refusal(SystemError(number: EBUSY))
    }
    guard ioctl(descriptor, UInt(TIOCEXCL), 0) == 0 else { throw refusal(.last) }
  }

  private func configure(_ descriptor: Int32, _ settings: SerialSettings) throws(PortError) {
    var line = termios()
    guard tcgetattr(descriptor, &line) == 0 else { throw refusal(.last) }
    settings.apply(to: &line)
    guard tcsetattr(descriptor, TCSANOW, &line) == 0, tcgetattr(descriptor, &line) == 0 else {
      throw refusal(.last)
    }
    if let difference = settings.difference(from: line) {
      throw error(
        .unsupported, "the line cannot do \(difference)",
        "Choose settings that the adapter and the instrument share")
    }
    do throws(DirectionRefused) { try settings.direction.prepare(KernelLine(descriptor: descriptor)) } catch {
      throw self.error(.unsupported, error.cause, error.advice)
    }
    tcflush(descriptor, TCIOFLUSH)
  }

  private func refusal(_ error: SystemError) -> PortError {
    let path = address.target
    switch error.number {
    case ENOENT, ENXIO, ENODEV, EIO, ENOTDIR:
      return self.error(
        .notFound, "\(path): \(error.words)",
        "Check that the adapter is plugged in; lines that keep their name are listed under /dev/serial/by-id")
    case EACCES, EPERM:
      return self.error(
        .permission, "\(path): \(error.words)",
        "Add yourself to the group that owns the line, mostly dialout (`sudo usermod -aG dialout $USER`, then log in "
          + "again), or add a udev rule for the adapter")
    case EBUSY, EAGAIN:
      return self.error(
        .busy, "another program has \(path)",
        "Find it with `fuser -v \(path)`; ModemManager is a frequent one")
    case ENOTTY, EINVAL, EISDIR:
      return self.error(
        .badAddress, "\(path) is not a serial line (\(error.words))",
        "Look for the line under /dev/serial/by-id")
    default:
      return self.error(.notFound, "\(path): \(error.words)", "Check the path and the adapter")
    }
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(
      code, attempted: "open the serial line", port: address.description, cause: cause, advice: advice)
  }
}
