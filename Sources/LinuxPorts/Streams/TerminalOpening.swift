import Glibc
import Ports

/// Opens `terminal://`: the terminal in which the program was started.
struct TerminalOpening {
  let address: PortAddress
  let world: LinuxWorld

  /// - Throws: `.notFound` when the program was not started in a terminal; `.stopped`.
  func open() throws(PortError) -> any StreamPort {
    if let reason = world.stopInForce {
      throw PortError(
        .stopped, attempted: "open the terminal", port: address.description, cause: reason)
    }
    let descriptor = Self.descriptor()
    guard descriptor >= 0 else {
      throw PortError(
        .notFound, attempted: "open the terminal", port: address.description,
        cause: "the program was not started in one",
        advice: "Start it in a terminal, or give it an answers file")
    }
    return try DescriptorStream(descriptor, kind: .terminal, address: address, world: world)
  }

  /// The terminal opened anew: making standard input itself non-blocking would change it for the shell, too.
  /// - Returns: negative when standard input is no terminal.
  static func descriptor() -> Int32 {
    guard isatty(STDIN_FILENO) == 1 else { return -1 }
    let flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC
    for path in ["/proc/self/fd/0", "/dev/tty"] {
      let descriptor = Glibc.open(path, flags)
      if descriptor >= 0 { return descriptor }
    }
    return -1
  }
}
