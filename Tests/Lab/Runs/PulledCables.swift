import Foundation

/// What is pulled while a run goes on, and how the guest puts it back.
enum PulledCable: String, CaseIterable {
  /// The voltmeter's USB plug.
  case usb
  /// The network that all sockets go through.
  case network
  /// The radio link is ended; the unit can be reached again.
  case radioLink = "radio link"
  /// The adapter is switched off.
  case adapter
  /// The CAN controller reports that it left the bus.
  case busOff = "CAN bus-off"
  /// The interface goes down.
  case can = "CAN interface"

  /// Parts of which one must be named in an error of the rig.
  var parts: Set<String> {
    switch self {
    case .usb: ["reference"]
    case .network: ["source", "auxiliary", "emulator", "bank", "scope", "reference"]
    case .radioLink, .adapter: ["unit", "unit link"]
    case .busOff, .can: ["unit-bus"]
    }
  }

  /// Whether a run may go on to a verdict: the unit can be connected to again, and its bus is only listened to for
  /// a short while.
  var mayGoOn: Bool { self == .radioLink || self == .busOff || self == .can }

  /// Pulls it.
  /// - Parameter bus: Interface of the unit's CAN bus.
  func pull(bus: String) throws {
    switch self {
    case .usb: try VirtualHost.detach(serial: "MY58000023")
    case .network: try Lab.run("ip", "link", "set", "lo", "down")
    case .radioLink: try Self.disconnectUnit()
    case .adapter: try Self.power(false)
    case .busOff: try Lab.run("cansend", bus, "20000040#0000000000000000")
    case .can: try Lab.run("ip", "link", "set", bus, "down")
    }
  }

  /// Puts back what would stay pulled for the next run.
  func putBack(bus: String) throws {
    switch self {
    case .network: try Lab.run("ip", "link", "set", "lo", "up")
    case .can: try Lab.run("ip", "link", "set", bus, "up")
    case .usb, .radioLink, .adapter, .busOff: break
    }
  }

  private static let adapterPath = "/org/bluez/hci0"

  private static func power(_ on: Bool) throws {
    try Lab.run(
      "dbus-send", "--system", "--print-reply", "--dest=org.bluez", adapterPath,
      "org.freedesktop.DBus.Properties.Set", "string:org.bluez.Adapter1", "string:Powered",
      "variant:boolean:\(on)")
  }

  /// Ends every connection of the adapter.
  private static func disconnectUnit() throws {
    let tree = try Lab.run("busctl", "--system", "tree", "--list", "org.bluez")
    let devices = tree.split(separator: "\n").map(String.init).filter {
      $0.hasPrefix(adapterPath + "/dev_") && $0.split(separator: "/").count == 4
    }
    for device in devices {
      try Lab.run(
        "dbus-send", "--system", "--print-reply", "--dest=org.bluez", device, "org.bluez.Device1.Disconnect")
    }
  }
}

/// The kernel's virtual USB host controller.
enum VirtualHost {
  private static let folder = "/sys/devices/platform/vhci_hcd.0"

  /// Takes the plug out of its port.
  static func detach(serial: String) throws {
    guard let place = USBTree.places()[serial] else { return }
    // hub port sta spd dev sockfd local_busid
    for row in try Lab.text(of: folder + "/status").split(separator: "\n") {
      let columns = row.split(separator: " ", omittingEmptySubsequences: true)
      guard columns.count >= 7, columns[6] == place, let port = Int(columns[1]) else { continue }
      try Lab.write("\(port)", to: folder + "/detach")
    }
  }
}

/// Instants that differ from run to run and are the same for the same seed.
struct Draw {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// A number below `limit`.
  mutating func next(below limit: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(max(1, limit)))
  }
}
