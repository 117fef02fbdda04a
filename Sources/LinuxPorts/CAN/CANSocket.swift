import CLinuxPorts
import Glibc
import Ports

/// An ear on a CAN interface of the kernel. Losses are counted by the kernel and said once, in their place.
final class CANSocket: CANPort {
  let address: PortAddress
  private let world: LinuxWorld
  private let descriptor: WatchedDescriptor
  private var stamps: KernelStamps
  private var lost: UInt32 = 0
  /// Read from the kernel, not yet handed out.
  private var held: [CANNews] = []
  /// What the controller reported last, for whoever hears nothing.
  private var lastTrouble: CANTrouble?

  /// Takes over `descriptor`, also when it throws.
  init(_ descriptor: Int32, address: PortAddress, world: LinuxWorld) throws(PortError) {
    self.descriptor = try WatchedDescriptor(descriptor, watching: "CAN interface", of: address, in: world)
    self.address = address
    self.world = world
    stamps = KernelStamps(opened: world.now)
  }

  func close() { descriptor.close() }

  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame {
    while true {
      let next = try await news(deadline: deadline)
      switch next {
      case .frame(let frame): return frame
      case .trouble(let trouble, _):
        guard trouble.makesDeaf else { continue }
        throw error(
          trouble == .busOff ? .closed : .malformed, trouble.description,
          trouble == .busOff
            ? "Check bit rate, wiring and termination, then `sudo ip link set \(address.target) down` and up again"
            : "Take frames faster, or hear fewer of them: can://\(address.target)?ids=…")
      }
    }
  }

  func news(deadline: WorldInstant) async throws(PortError) -> CANNews {
    while true {
      try check()
      if !held.isEmpty { return held.removeFirst() }
      if try take() { continue }
      let end = await world.wait(for: .readable(descriptor.id), until: deadline)
      try check()
      guard end == .ready else { throw silence(end) }
    }
  }

  /// Takes one frame from the kernel into `held`.
  /// - Returns: false when none waits.
  private func take() throws(PortError) -> Bool {
    var raw = clp_can_frame()
    let result = clp_can_receive(descriptor.number, &raw)
    if result == -EAGAIN {
      stamps.sawEmpty(at: world.now)
      return false
    }
    guard result >= 0 else { throw ended(-result) }
    let at = stamps.instant(stamp: raw.stamp, calendar: clp_can_clock(), now: world.now)
    let missing = raw.lost &- lost
    lost = raw.lost
    if missing > 0 { report(.lost(missing), at) }
    let bytes = withUnsafeBytes(of: raw.data) { Array($0.prefix(Int(raw.length))) }
    if raw.is_error {
      for trouble in CANTrouble.all(classes: raw.identifier, bytes: bytes) { report(trouble, at) }
    } else {
      held.append(
        .frame(
          CANFrame(
            identifier: raw.identifier, isExtended: raw.is_extended, bytes: raw.is_remote ? [] : bytes,
            isFD: raw.is_fd, isRemote: raw.is_remote, at: at)))
    }
    return true
  }

  private func report(_ trouble: CANTrouble, _ at: WorldInstant) {
    lastTrouble = trouble
    held.append(.trouble(trouble, at: at))
  }

  private func check() throws(PortError) {
    guard descriptor.isOpen else { throw error(.closed, "this end has closed it", "") }
    guard let reason = world.stopInForce else { return }
    throw error(.stopped, reason, "")
  }

  private func silence(_ end: WaitEnd) -> PortError {
    var link = clp_can_link()
    let result = clp_can_look(address.target, &link)
    guard end == .deadline, result < 0 || !link.is_up else {
      var cause = "no frame came before the deadline"
      if link.has_controller {
        cause += "; \(address.target) is up and \(Self.words(link.state)) at \(link.bit_rate) bit/s"
      }
      if let lastTrouble { cause += "; its last report: \(lastTrouble)" }
      return world.failure(
        end, attempted: Self.attempted, port: address, cause: cause,
        advice: "Check that the sender is powered, and bit rate, wiring and termination")
    }
    // The kernel says it once, and it has been said: whoever still listens must hear it again.
    return ended(result < 0 ? ENODEV : ENETDOWN)
  }

  private static func words(_ state: UInt32) -> String {
    let all = ["error-active", "in error-warning", "error-passive", "bus-off", "stopped", "sleeping"]
    return state < all.count ? all[Int(state)] : "in state \(state)"
  }

  private func ended(_ number: Int32) -> PortError {
    let name = address.target
    switch number {
    case ENETDOWN:
      return error(
        .closed, "the interface \(name) was set down", "Set it up again: `sudo ip link set \(name) up`")
    case ENODEV, ENXIO:
      return error(
        .closed, "the interface \(name) is gone",
        "Check the adapter's cable; plugged in again it may have a new name")
    case EPROTO: return error(.malformed, "the kernel delivered something that is no frame", "")
    default:
      return error(.closed, SystemError.words(number), "Check the interface: `ip -details link show \(name)`")
    }
  }

  private static let attempted = "hear a frame"

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: Self.attempted, port: address.description, cause: cause, advice: advice)
  }
}
