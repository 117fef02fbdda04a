import Glibc
import Ports

/// The terminal for a world whose time stands still while a person thinks: it waits in the kernel and lets no deadline
/// pass, so that a simulated run does not depend on how fast somebody types.
public final class WaitingTerminal: StreamPort {
  public let address: PortAddress
  private let descriptor: Int32
  private let now: () -> WorldInstant
  private let stopReason: () -> String?
  /// How often a stop is looked for that arrived between two waits.
  private static let lookMilliseconds: Int32 = 200

  /// - Parameters:
  ///   - now: The world's clock; a deadline that is not in its future is not waited for.
  ///   - stopReason: Why waiting must end, once somebody asked for it.
  /// - Returns: nil when the program was not started in a terminal.
  public static func open(
    now: @escaping () -> WorldInstant, stopReason: @escaping () -> String?
  ) -> WaitingTerminal? {
    guard let address = try? PortAddress(parsing: "terminal://") else { return nil }
    let descriptor = TerminalOpening.descriptor()
    guard descriptor >= 0 else { return nil }
    return WaitingTerminal(address, descriptor, now: now, stopReason: stopReason)
  }

  private init(
    _ address: PortAddress, _ descriptor: Int32, now: @escaping () -> WorldInstant,
    stopReason: @escaping () -> String?
  ) {
    self.address = address
    self.descriptor = descriptor
    self.now = now
    self.stopReason = stopReason
  }

  deinit { Glibc.close(descriptor) }

  public func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + sent, bytes.count - sent)
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN || errno == EINTR {
        try wait(for: POLLOUT)
      } else {
        throw closed("send", SystemError.last.words)
      }
    }
  }

  public func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 { return Array(buffer.prefix(count)) }
      if count == 0 { throw closed("receive", StreamKind.terminal.endWords) }
      guard errno == EAGAIN || errno == EINTR else { throw closed("receive", SystemError.last.words) }
      guard now() < deadline else {
        throw PortError(.deadline, attempted: "receive", port: address.description)
      }
      try wait(for: POLLIN)
    }
  }

  /// Stays open: the world may hand the same terminal out again.
  public func close() {}

  private func wait(for change: Int32) throws(PortError) {
    if let reason = stopReason() {
      throw PortError(.stopped, attempted: "wait for a person", port: address.description, cause: reason)
    }
    var entry = pollfd(fd: descriptor, events: Int16(change), revents: 0)
    _ = poll(&entry, 1, Self.lookMilliseconds)
  }

  private func closed(_ attempted: String, _ cause: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: cause,
      advice: StreamKind.terminal.closedAdvice)
  }
}
