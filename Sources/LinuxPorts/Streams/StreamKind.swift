import Glibc

/// What differs between the links behind a descriptor: one system call and the words for people.
enum StreamKind: Hashable {
  case tcp
  case serial
  /// The instrument's end of a serial line that is served here.
  case pseudoTerminal
  /// The terminal of the person who started the program.
  case terminal
  /// A socket pair with the kernel at the other end.
  case emulatedCable
  /// A controller that this process plays for the kernel: each read and each write is one packet.
  case controller

  var words: String {
    switch self {
    case .tcp: "TCP connection"
    case .serial: "serial line"
    case .pseudoTerminal: "served serial line"
    case .terminal: "terminal"
    case .emulatedCable: "emulated cable"
    case .controller: "virtual controller"
    }
  }

  func write(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) -> Int {
    bytes.withUnsafeBytes { all in
      let rest = UnsafeRawBufferPointer(rebasing: all[start...])
      switch self {
      // A connection that broke must give an error here, never SIGPIPE.
      case .tcp, .emulatedCable:
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      case .serial, .pseudoTerminal, .terminal, .controller:
        return Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
    }
  }

  /// Undoes what opening took, before the descriptor is closed.
  func letGo(_ descriptor: Int32) {
    switch self {
    case .tcp, .pseudoTerminal, .terminal, .emulatedCable, .controller: break
    case .serial: SerialOpening.letGo(descriptor)
    }
  }

  /// For an orderly end of the stream.
  var endWords: String {
    switch self {
    case .tcp: "the other end closed the connection"
    case .serial, .pseudoTerminal: "the line was hung up"
    case .terminal: "the input was ended (Ctrl-D)"
    case .emulatedCable: "the kernel detached the device"
    case .controller: "the kernel closed the controller"
    }
  }

  func words(for error: SystemError) -> String {
    switch error.number {
    case ECONNRESET, EPIPE: "the other end broke the connection off (\(error.words))"
    case ETIMEDOUT: "the other end no longer answers (\(error.words))"
    case EIO, ENXIO, ENODEV: "the adapter is gone (\(error.words))"
    default: error.words
    }
  }

  var closedAdvice: String {
    switch self {
    case .tcp:
      "Check the instrument's power and LAN cable, and whether another program took its only connection"
    case .pseudoTerminal: "Serve the rig again"
    case .serial: "Check the adapter's USB plug and the instrument's power"
    case .terminal: "Start the program in a terminal, or give it an answers file"
    case .emulatedCable: "Look at the kernel's messages (`dmesg`)"
    case .controller: "Check the kernel's log (`dmesg`)"
    }
  }

  var silenceAdvice: String {
    switch self {
    case .tcp: "Check that the instrument understood the command and expects its line ending"
    case .pseudoTerminal: "Nobody talks to the line"
    case .serial: "Check baud rate, parity, crossed lines and the instrument's line ending"
    case .terminal: "Type an answer and press Enter"
    case .emulatedCable: "Look at the kernel's messages (`dmesg`)"
    case .controller: "Check that bluetoothd runs"
    }
  }

  var stuckAdvice: String {
    switch self {
    case .tcp: "The instrument does not take what is sent: check whether it hangs"
    case .pseudoTerminal: "Nobody reads from the line"
    case .serial: "Check the baud rate against the number of bytes and the time allowed"
    case .terminal: "The terminal is held up: press Ctrl-Q"
    case .emulatedCable: "Look at the kernel's messages (`dmesg`)"
    case .controller: "Check the kernel's log (`dmesg`)"
    }
  }
}
