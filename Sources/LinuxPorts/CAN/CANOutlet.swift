import CLinuxPorts
import Glibc
import Ports

/// Puts frames on a CAN interface of the kernel; hears nothing.
final class CANOutlet: CANSender {
  let address: PortAddress
  private let world: LinuxWorld
  private let descriptor: WatchedDescriptor
  /// How soon a full queue is tried again: about two frames at 500 kbit/s. The kernel tells nobody that it has room.
  static let again = Interval.microseconds(500)
  private static let attempted = "send a frame"

  /// Takes over `descriptor`, also when it throws.
  init(_ descriptor: Int32, address: PortAddress, world: LinuxWorld) throws(PortError) {
    self.descriptor = try WatchedDescriptor(descriptor, watching: "CAN interface", of: address, in: world)
    self.address = address
    self.world = world
  }

  func close() { descriptor.close() }

  func send(_ frame: CANFrame, deadline: WorldInstant) async throws(PortError) {
    guard frame.bytes.count <= (frame.isFD ? 64 : 8),
      frame.identifier <= (frame.isExtended ? 0x1FFF_FFFF : 0x7FF)
    else { throw error(.malformed, "\(frame.text) is no frame", "At most 8 bytes, 64 in an FD frame") }
    var raw = clp_can_frame()
    raw.identifier = frame.identifier
    raw.is_extended = frame.isExtended
    raw.is_remote = frame.isRemote
    raw.is_fd = frame.isFD
    raw.length = UInt8(frame.bytes.count)
    withUnsafeMutableBytes(of: &raw.data) { $0.copyBytes(from: frame.bytes) }
    while true {
      try check()
      let result = clp_can_send(descriptor.number, &raw)
      switch -result {
      case 0: return
      case EAGAIN: try await pause(for: .writable(descriptor.id), until: deadline)
      case ENOBUFS: try await pause(for: .post, until: min(deadline, world.now + Self.again), deadline)
      case EINVAL:
        throw error(
          .refused, "\(address.target) takes no frame of this kind",
          "FD frames need an FD controller: `ip link set … mtu 72`, `fd on`")
      case ENETDOWN:
        throw error(
          .closed, "the interface \(address.target) is down",
          "Set it up: `sudo ip link set \(address.target) up`")
      case ENODEV, ENXIO:
        throw error(.closed, "the interface \(address.target) is gone", "Check the adapter's cable")
      default: throw error(.closed, SystemError.words(-result), "")
      }
    }
  }

  private func pause(
    for awaited: Awaited, until instant: WorldInstant, _ deadline: WorldInstant? = nil
  ) async throws(PortError) {
    let deadline = deadline ?? instant
    let end = await world.wait(for: awaited, until: instant)
    try check()
    guard end == .ready || (end == .deadline && world.now < deadline) else {
      throw world.failure(
        end, attempted: Self.attempted, port: address,
        cause: "the queue of \(address.target) stayed full: nobody on the bus acknowledges",
        advice: "Check that a second partner is on the bus, bit rate, wiring and termination")
    }
  }

  private func check() throws(PortError) {
    guard descriptor.isOpen else { throw error(.closed, "this end has closed it", "") }
    guard let reason = world.stopInForce else { return }
    throw error(.stopped, reason, "")
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: Self.attempted, port: address.description, cause: cause, advice: advice)
  }
}
