import CLinuxPorts
import Glibc
import Ports

/// Who switches a half-duplex RS485 line between sending and receiving, from the options of a serial address.
///
/// - `rs485=none` (also when left out): the adapter does it by itself, as most with USB do, or it is no RS485.
/// - `rs485=kernel`: the UART's driver does it. The most exact; few drivers can.
/// - `rs485=rts`: this program does it with RTS. It is some 0.1 ms late on an idle computer and more on a busy one, so
///   a device that answers at once may lose its first character.
///
/// `rts=high` (default) or `low` is the level while sending, `before` and `after` are milliseconds between switching
/// and the first bit, and between the last bit and switching back; `echo=yes` says that the adapter hears itself.
struct SerialDirection: Hashable, Sendable {
  enum Hand: String, Sendable, CaseIterable { case none, kernel, rts }

  static let options = ["rs485", "rts", "before", "after", "echo"]
  static let delayMax = 100

  var hand = Hand.none
  var isHighToSend = true
  /// Milliseconds.
  var before = 0
  var after = 0
  /// What was sent comes back and is taken off.
  var hasEcho = false

  /// - Throws: `.badAddress` that names what may be written.
  init(_ address: PortAddress) throws(PortError) {
    func bad(_ cause: String, _ advice: String) -> PortError {
      PortError(
        .badAddress, attempted: "read the line's direction control", port: address.description, cause: cause,
        advice: advice)
    }
    func word(_ key: String, _ allowed: [String]) throws(PortError) -> String {
      guard let text = address.option(key) else { return allowed[0] }
      guard allowed.contains(text) else {
        throw bad("\(key)=\(text) is not possible", "Write \(key)=\(allowed.joined(separator: " or "))")
      }
      return text
    }
    func milliseconds(_ key: String) throws(PortError) -> Int {
      guard let text = address.option(key) else { return 0 }
      guard let number = Int(text), (0...Self.delayMax).contains(number) else {
        throw bad("\(key)=\(text) is not possible", "Write milliseconds, 0 to \(Self.delayMax)")
      }
      return number
    }
    hand = Hand(rawValue: try word("rs485", Hand.allCases.map(\.rawValue)))!
    isHighToSend = try word("rts", ["high", "low"]) == "high"
    before = try milliseconds("before")
    after = try milliseconds("after")
    hasEcho = try word("echo", ["no", "yes"]) == "yes"
    if hand == .none, let key = ["rts", "before", "after"].first(where: { address.option($0) != nil }) {
      throw bad("'\(key)' does nothing without direction control", "Add rs485=kernel or rs485=rts")
    }
  }

  /// True when every message goes through this program's own hands.
  var needsHand: Bool { hand == .rts || hasEcho }

  /// Puts the line into receiving; proves that the adapter can do what is asked.
  func prepare(_ line: any DirectionLine) throws(DirectionRefused) {
    switch hand {
    case .none: return
    case .kernel:
      let result = line.letDriver(highToSend: isHighToSend, before: UInt32(before), after: UInt32(after))
      guard result < 0 else { return }
      throw DirectionRefused(
        cause:
          "the adapter's driver does not switch the direction of RS485 (\(SystemError(number: -result).words))",
        advice:
          "Write rs485=rts when RTS drives the adapter's transmitter, or rs485=none when the adapter switches by "
          + "itself, as most with USB do")
    case .rts:
      let result = line.setRTS(!isHighToSend)
      guard result < 0 else { return }
      throw DirectionRefused(
        cause: "the line has no RTS that this program could switch (\(SystemError(number: -result).words))",
        advice:
          "Write rs485=none when the adapter switches by itself, or use an adapter whose RTS drives the transmitter"
      )
    }
  }
}

/// The adapter cannot do what the address asks.
struct DirectionRefused: Error {
  let cause: String
  let advice: String
}

/// The wires of a serial line that direction control needs. Results below 0 are negative error numbers.
protocol DirectionLine {
  func letDriver(highToSend: Bool, before: UInt32, after: UInt32) -> Int32
  func setRTS(_ high: Bool) -> Int32
  /// Bytes not given to the hardware yet.
  func unsent() -> Int32
  /// 1 when the last bit has left; negative where nobody knows.
  func isShiftedOut() -> Int32
}

struct KernelLine: DirectionLine {
  let descriptor: Int32
  func letDriver(highToSend: Bool, before: UInt32, after: UInt32) -> Int32 {
    clp_serial_rs485(descriptor, highToSend, before, after)
  }
  func setRTS(_ high: Bool) -> Int32 { clp_serial_rts(descriptor, high) }
  func unsent() -> Int32 { clp_serial_unsent(descriptor) }
  func isShiftedOut() -> Int32 { clp_serial_shifted_out(descriptor) }
}

/// A serial line whose direction this program switches, and whose own echo it takes off.
///
/// The line returns to receiving on every way out of `send`, also when it fails.
final class DirectedStream: StreamPort {
  private let inner: any StreamPort
  private let line: any DirectionLine
  private let settings: SerialSettings
  private let world: any World
  private var direction: SerialDirection { settings.direction }
  private var early: [UInt8] = []

  init(_ inner: any StreamPort, line: any DirectionLine, settings: SerialSettings, world: any World) {
    self.inner = inner
    self.line = line
    self.settings = settings
    self.world = world
  }

  var address: PortAddress { inner.address }

  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    guard direction.hand == .rts else {
      try await inner.send(bytes, deadline: deadline)
      return try await takeEcho(of: bytes, deadline: deadline)
    }
    try turn(toSend: true)
    do throws(PortError) {
      try await rest(.milliseconds(Double(direction.before)))
      let start = world.now
      try await inner.send(bytes, deadline: deadline)
      try await drain(bytes.count, since: start, deadline: deadline)
      try await rest(.milliseconds(Double(direction.after)))
    } catch {
      try? turn(toSend: false)
      throw error
    }
    try turn(toSend: false)
    try await takeEcho(of: bytes, deadline: deadline)
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    guard early.isEmpty else {
      defer { early = [] }
      return early
    }
    return try await inner.receive(deadline: deadline)
  }

  func close() {
    if direction.hand == .rts { _ = line.setRTS(!direction.isHighToSend) }
    inner.close()
  }

  private func turn(toSend: Bool) throws(PortError) {
    let result = line.setRTS(toSend == direction.isHighToSend)
    guard result < 0 else { return }
    throw failure(
      .closed, "RTS cannot be switched (\(SystemError(number: -result).words))",
      "Check the adapter's USB plug")
  }

  /// Waits until the last bit has left: the characters' own time, then what the driver says, where it says anything.
  private func drain(_ count: Int, since start: WorldInstant, deadline: WorldInstant) async throws(PortError)
  {
    let expected = start + .seconds(Double(count) * settings.characterTime)
    if world.now < expected { try await rest(expected - world.now) }
    while line.unsent() > 0 || line.isShiftedOut() == 0 {
      guard world.now < deadline else {
        throw failure(
          .deadline, "the last bytes did not leave in time", "Check the baud rate against the deadline")
      }
      try await rest(.seconds(settings.characterTime))
    }
  }

  /// The adapter hears itself: what comes first must be what was sent.
  private func takeEcho(of bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    guard direction.hasEcho else { return }
    var heard: [UInt8] = []
    while heard.count < bytes.count {
      do throws(PortError) { heard += try await inner.receive(deadline: deadline) } catch {
        guard error.code == .deadline else { throw error }
        throw failure(
          .malformed, "\(heard.count) of \(bytes.count) bytes were heard back",
          "Write echo=no when the adapter does not hear itself", seen: heard)
      }
    }
    guard heard.starts(with: bytes) else {
      throw failure(
        .malformed, "what was heard back differs from what was sent",
        "Check termination, polarity, and who else sends",
        seen: heard)
    }
    early = Array(heard.dropFirst(bytes.count))
  }

  private func rest(_ time: Interval) async throws(PortError) {
    guard time > .zero else { return }
    do { try await world.sleep(for: time) } catch {
      throw failure(.stopped, "\(error)", "")
    }
  }

  private func failure(_ code: PortError.Code, _ cause: String, _ advice: String, seen: [UInt8] = [])
    -> PortError
  {
    PortError(
      code, attempted: "send on the RS485 line", port: address.description, cause: cause, advice: advice,
      bytesSeen: seen)
  }
}
