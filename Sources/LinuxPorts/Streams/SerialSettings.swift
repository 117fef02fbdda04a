import Glibc
import Ports

/// How a serial line talks, from the options of its address.
struct SerialSettings: Hashable, Sendable {
  enum Parity: String, Sendable, CaseIterable { case none, even, odd }

  /// Bits per second.
  var baud: Int
  var speed: speed_t
  /// 7 or 8.
  var dataBits: Int
  var parity: Parity
  /// 1 or 2.
  var stopBits: Int
  /// Who switches an RS485 line between sending and receiving.
  var direction: SerialDirection

  /// Rates with a constant in the kernel's terminal interface (termios(3)).
  static let speeds: [(baud: Int, constant: Int32)] = [
    (300, B300), (600, B600), (1200, B1200), (2400, B2400), (4800, B4800), (9600, B9600), (19200, B19200),
    (38400, B38400), (57600, B57600), (115_200, B115200), (230_400, B230400), (460_800, B460800),
    (500_000, B500000), (576_000, B576000), (921_600, B921600), (1_000_000, B1000000),
    (1_152_000, B1152000), (1_500_000, B1500000), (2_000_000, B2000000), (2_500_000, B2500000),
    (3_000_000, B3000000), (3_500_000, B3500000), (4_000_000, B4000000),
  ]

  /// Reads `baud` (required), `data` (8), `parity` (none) and `stop` (1), and those of `SerialDirection`.
  ///
  /// - Throws: `.badAddress` that names what is wrong and what may be written.
  init(_ address: PortAddress) throws(PortError) {
    func bad(_ cause: String, _ advice: String) -> PortError {
      PortError(
        .badAddress, attempted: "read the line's settings", port: address.description, cause: cause,
        advice: advice)
    }
    func choice(_ key: String, _ allowed: [Int]) throws(PortError) -> Int {
      guard let text = address.option(key) else { return allowed[0] }
      guard let number = Int(text), allowed.contains(number) else {
        throw bad(
          "\(key)=\(text) is not possible",
          "Write \(key)=\(allowed.map(String.init).joined(separator: " or "))")
      }
      return number
    }
    var seen: [String] = []
    for (key, _) in address.options {
      guard (["baud", "data", "parity", "stop"] + SerialDirection.options).contains(key) else {
        throw bad(
          "a serial line has no option '\(key)'",
          "Options are baud, data, parity and stop; for RS485 \(SerialDirection.options.joined(separator: ", "))"
        )
      }
      guard !seen.contains(key) else { throw bad("'\(key)' is given twice", "Give it once") }
      seen.append(key)
    }
    let rates = Self.speeds.map { String($0.baud) }.joined(separator: ", ")
    guard let text = address.option("baud") else {
      throw bad("the baud rate is missing", "Write e.g. serial://\(address.target)?baud=115200")
    }
    guard let rate = Self.speeds.first(where: { String($0.baud) == text }) else {
      throw bad("baud=\(text) is not possible", "Rates are \(rates)")
    }
    let parityText = address.option("parity") ?? Parity.none.rawValue
    guard let parity = Parity(rawValue: parityText) else {
      throw bad("parity=\(parityText) is not possible", "Write parity=none, even or odd")
    }
    baud = rate.baud
    speed = speed_t(rate.constant)
    self.parity = parity
    dataBits = try choice("data", [8, 7])
    stopBits = try choice("stop", [1, 2])
    direction = try SerialDirection(address)
  }

  /// Seconds that one character takes, start, parity and stop bits included.
  var characterTime: Double {
    Double(1 + dataBits + (parity == .none ? 0 : 1) + stopBits) / Double(baud)
  }

  /// Makes `line` raw: no byte is translated, echoed, held back or taken as a signal; no flow control, by wire or
  /// by byte. A read ends with the first byte there is.
  func apply(to line: inout termios) {
    cfmakeraw(&line)
    line.c_iflag &= ~tcflag_t(IXON | IXOFF | IXANY | INPCK)
    line.c_cflag &= ~(tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) | Self.wireFlowControl)
    // HUPCL off: closing leaves DTR alone, so boards that reset on DTR keep their outputs.
    line.c_cflag &= ~tcflag_t(HUPCL)
    line.c_cflag |= tcflag_t(CLOCAL | CREAD)
    line.c_cflag |= tcflag_t(dataBits == 7 ? CS7 : CS8)
    if stopBits == 2 { line.c_cflag |= tcflag_t(CSTOPB) }
    switch parity {
    case .none: break
    case .even: line.c_cflag |= tcflag_t(PARENB)
    case .odd: line.c_cflag |= tcflag_t(PARENB | PARODD)
    }
    withUnsafeMutableBytes(of: &line.c_cc) { characters in
      // With VMIN 0 an idle line would read like one that was hung up.
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    cfsetispeed(&line, speed)
    cfsetospeed(&line, speed)
  }

  /// What `line`, read back, does otherwise than asked; nil when all is well. tcsetattr(3) counts it a success
  /// when any one setting was taken.
  func difference(from line: termios) -> String? {
    var line = line
    var wanted = line
    apply(to: &wanted)
    if cfgetospeed(&line) != cfgetospeed(&wanted) { return "\(baud) baud" }
    func differs(_ flags: Int32) -> Bool { (line.c_cflag ^ wanted.c_cflag) & tcflag_t(flags) != 0 }
    if differs(CSIZE) { return "\(dataBits) data bits" }
    if differs(PARENB | PARODD) { return "\(parity.rawValue) parity" }
    if differs(CSTOPB) { return "\(stopBits) stop bits" }
    if (line.c_cflag & Self.wireFlowControl) != 0 { return "RTS/CTS off" }
    return nil
  }

  private static let wireFlowControl = tcflag_t(0o20_000_000_000)  // CRTSCTS, termios.h
}
