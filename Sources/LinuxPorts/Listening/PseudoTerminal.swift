import CLinuxPorts
import Glibc
import Ports

/// A serial line that others open by its path while the instrument's end is served here.
public final class PseudoTerminal {
  /// What others open, e.g. `/dev/pts/4`.
  public let path: String
  /// The instrument's end.
  public let port: any StreamPort
  /// Kept open so that the line outlives its clients.
  private let line: Int32

  private static let isExclusive: UInt = 0x8004_5440  // TIOCGEXCL, asm-generic/ioctls.h

  /// - Throws: `.unsupported` where the computer has no pseudo terminals left or /dev/pts is not mounted.
  public init(in world: LinuxWorld) throws(PortError) {
    func refusal(_ what: String, _ error: SystemError) -> PortError {
      PortError(
        .unsupported, attempted: "make a serial line", port: "/dev/ptmx", cause: "\(what): \(error.words)",
        advice: "Check that /dev/pts is mounted, and /proc/sys/kernel/pty/max")
    }
    var name = [CChar](repeating: 0, count: 128)
    let instrument = clp_pseudo_terminal(&name, name.count)
    guard instrument >= 0 else { throw refusal("no pseudo terminal", SystemError(number: -instrument)) }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    line = Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard line >= 0 else {
      let error = refusal(path, .last)
      Glibc.close(instrument)
      throw error
    }
    // Raw from the start: an echo would answer the instrument with its own reply before the first client.
    var settings = termios()
    tcgetattr(line, &settings)
    cfmakeraw(&settings)
    tcsetattr(line, TCSANOW, &settings)
    do {
      let address = try PortAddress(parsing: "serial://\(path)")
      port = try DescriptorStream(instrument, kind: .pseudoTerminal, address: address, world: world)
    } catch {
      Glibc.close(line)
      throw error
    }
  }

  deinit { close() }
  private var isOpen = true

  public func close() {
    guard isOpen else { return }
    isOpen = false
    port.close()
    Glibc.close(line)
  }

  /// Lifts the exclusive mode of a client that ended without doing so. On a real line the last close does; here the
  /// line stays open. A client that lives holds its lock as well.
  public func releaseLeftovers() {
    var taken: Int32 = 0
    guard isOpen, ioctl(line, Self.isExclusive, &taken) == 0, taken != 0, flock(line, LOCK_EX | LOCK_NB) == 0
    else { return }
    _ = ioctl(line, UInt(TIOCNXCL), 0)
    flock(line, LOCK_UN)
  }
}
