import Glibc
import Ports

/// Bytes through one non-blocking descriptor: a TCP connection or a serial line.
///
/// Tries first and waits only when the kernel says "would block", so an exchange whose answer is already there
/// costs no suspension. Several tasks may not share one direction: they would share the bytes, too.
final class DescriptorStream: StreamPort {
  let address: PortAddress
  private let world: LinuxWorld
  private let kind: StreamKind
  private let descriptor: WatchedDescriptor
  /// Most bytes that one `receive` returns; the rest stays in the kernel for the next.
  static let receiveLimit = 65_536
  private var buffer = [UInt8](repeating: 0, count: DescriptorStream.receiveLimit)

  /// Takes over `descriptor`, also when it throws.
  init(_ descriptor: Int32, kind: StreamKind, address: PortAddress, world: LinuxWorld) throws(PortError) {
    self.descriptor = try WatchedDescriptor(descriptor, watching: kind.words, of: address, in: world)
    self.kind = kind
    self.address = address
    self.world = world
  }

  deinit { close() }

  func close() { descriptor.close(kind.letGo) }

  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    let attempted = "send \(bytes.count) bytes"
    var sent = 0
    try check(attempted)
    guard world.now < deadline else { throw late(attempted, sent: 0, of: bytes.count) }
    while sent < bytes.count {
      switch transfer({ kind.write(descriptor.number, bytes, from: sent) }) {
      case .moved(let count): sent += count
      case .failed(let error): throw closed(attempted, kind.words(for: error))
      case .wouldBlock:
        let end = await world.wait(for: .writable(descriptor.id), until: deadline)
        try check(attempted)
        guard end == .ready else {
          throw end == .deadline
            ? late(attempted, sent: sent, of: bytes.count)
            : world.failure(end, attempted: attempted, port: address, cause: "", advice: "")
        }
      }
    }
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let attempted = "receive"
    try check(attempted)
    while true {
      switch transfer({ read(descriptor.number, &buffer, buffer.count) }) {
      case .moved(0): throw closed(attempted, kind.endWords)
      case .moved(let count): return Array(buffer.prefix(count))
      case .failed(let error): throw closed(attempted, kind.words(for: error))
      case .wouldBlock: break
      }
      // Whoever only looks what is there has seen it: no need to turn the loop.
      if deadline <= world.now {
        throw world.failure(
          .deadline, attempted: attempted, port: address, cause: "nothing arrived before the deadline",
          advice: kind.silenceAdvice)
      }
      let end = await world.wait(for: .readable(descriptor.id), until: deadline)
      try check(attempted)
      guard end == .ready else {
        throw world.failure(
          end, attempted: attempted, port: address, cause: "nothing arrived before the deadline",
          advice: kind.silenceAdvice)
      }
    }
  }

  /// Waits until the connection under way stands; used once, while opening.
  func connected(deadline: WorldInstant) async -> (end: WaitEnd, error: SystemError) {
    let end = await world.wait(for: .writable(descriptor.id), until: deadline)
    var number: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &number, &size)
    return (end, SystemError(number: number))
  }

  private enum Transfer {
    case moved(Int)
    case wouldBlock
    case failed(SystemError)
  }

  private func transfer(_ call: () -> Int) -> Transfer {
    while true {
      let count = call()
      if count >= 0 { return .moved(count) }
      let error = SystemError.last
      switch error.number {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      default: return .failed(error)
      }
    }
  }

  private func check(_ attempted: String) throws(PortError) {
    guard descriptor.isOpen else { throw closed(attempted, "this end has closed it") }
    guard let reason = world.stopInForce else { return }
    throw PortError(.stopped, attempted: attempted, port: address.description, cause: reason)
  }

  private func closed(_ attempted: String, _ cause: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: address.description, cause: cause, advice: kind.closedAdvice)
  }

  private func late(_ attempted: String, sent: Int, of total: Int) -> PortError {
    PortError(
      .deadline, attempted: attempted, port: address.description,
      cause: "\(sent) of \(total) bytes were taken before the deadline", advice: kind.stuckAdvice)
  }
}
