import CLinuxPorts
import Glibc
import Ports

/// Opens `can://NAME`: looks at the interface first, so that what is wrong with it can be said.
struct CANOpening {
  let address: PortAddress
  let world: LinuxWorld
  let attempted: String

  /// Memory for frames that nobody has taken yet; about 900 bytes for each.
  var queueBytes: Int32 = 64 << 20
  private static let bitRateNobodySet: UInt32 = 500_000

  /// - Throws: `.badAddress`, `.notFound`, `.closed` (the interface is down), `.refused` (it would acknowledge, or has
  ///   another bit rate), `.permission`, `.unsupported`, `.stopped`.
  func openEar() throws(PortError) -> any CANPort {
    let settings = try CANSettings(address)
    let link = try look(settings)
    if link.has_controller, !link.is_listen_only, !settings.acknowledges {
      throw error(
        .refused, "its controller acknowledges what it hears, so it takes part in the bus",
        "\(provisioning(link, settings)); or write \(with("acknowledge=yes")) if another partner's silence is the "
          + "greater evil")
    }
    let wanted = settings.wanted.map {
      clp_can_wanted(identifier: $0.identifier, is_extended: $0.isExtended)
    }
    let descriptor = clp_can_open(address.target, wanted, Int32(wanted.count), queueBytes)
    guard descriptor >= 0 else { throw refusal(-descriptor) }
    return try CANSocket(descriptor, address: address, world: world)
  }

  /// - Throws: as `openEar`; a controller that only listens is `.refused`.
  func openSender() throws(PortError) -> any CANSender {
    let settings = try CANSettings(address)
    let link = try look(settings)
    if link.has_controller, link.is_listen_only {
      throw error(
        .refused, "its controller only listens",
        "`sudo ip link set \(address.target) down; sudo ip link set \(address.target) up type can bitrate "
          + "\(rate(link, settings)) listen-only off`")
    }
    let descriptor = clp_can_open_sender(address.target)
    guard descriptor >= 0 else { throw refusal(-descriptor) }
    return try CANOutlet(descriptor, address: address, world: world)
  }

  private func look(_ settings: CANSettings) throws(PortError) -> clp_can_link {
    if let reason = world.stopInForce { throw error(.stopped, reason, "") }
    var link = clp_can_link()
    let result = clp_can_look(address.target, &link)
    guard result >= 0 else { throw refusal(-result) }
    guard link.is_up else {
      throw error(
        .closed, "the interface \(address.target) is down",
        link.has_controller
          ? provisioning(link, settings) : "Set it up: `sudo ip link set \(address.target) up`")
    }
    if link.has_controller, let wanted = settings.bitRate, wanted != link.bit_rate {
      throw error(
        .refused, "it runs at \(link.bit_rate) bit/s, not at \(wanted)", provisioning(link, settings))
    }
    return link
  }

  private func rate(_ link: clp_can_link, _ settings: CANSettings) -> UInt32 {
    settings.bitRate ?? (link.bit_rate > 0 ? link.bit_rate : Self.bitRateNobodySet)
  }

  private func provisioning(_ link: clp_can_link, _ settings: CANSettings) -> String {
    let name = address.target
    return
      "Set it up to listen: `sudo ip link set \(name) down; sudo ip link set \(name) up type can bitrate "
      + "\(rate(link, settings)) listen-only on`"
  }

  private func with(_ option: String) -> String {
    "\(address)\(address.options.isEmpty ? "?" : "&")\(option)"
  }

  private func refusal(_ number: Int32) -> PortError {
    let words = SystemError.words(number)
    switch number {
    case ENODEV, ENXIO:
      let name = address.target
      return error(
        .notFound, "there is no interface '\(name)'",
        name.hasPrefix("vcan")
          ? "Make a virtual one: `sudo modprobe vcan; sudo ip link add dev \(name) type vcan; "
            + "sudo ip link set \(name) up`"
          : "Check that the adapter is plugged in and its driver loaded; `ip -br link show type can` lists what is "
            + "there")
    case EPROTOTYPE:
      return error(
        .badAddress, "'\(address.target)' is no CAN interface",
        "`ip -br link show type can` lists those that are")
    case EAFNOSUPPORT, EPROTONOSUPPORT:
      return error(.unsupported, "this kernel has no CAN (\(words))", "Load it: `sudo modprobe can-raw`")
    case EACCES, EPERM:
      return error(
        .permission, words,
        "A container or a service may lack the capability CAP_NET_RAW or the host's network")
    case ENETDOWN:
      return error(
        .closed, "the interface \(address.target) is down",
        "Set it up: `sudo ip link set \(address.target) up`")
    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
      return error(.busy, words, "Check `ulimit -n` and what else is running")
    default: return error(.notFound, words, "Check the interface: `ip -details link show \(address.target)`")
    }
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: attempted, port: address.description, cause: cause, advice: advice)
  }
}
