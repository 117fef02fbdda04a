/// What bluetoothd says about its adapters, the devices they know and the services of those: a copy that follows its
/// signals. No input or output of its own.
///
/// - Source: BlueZ 5.66, `doc/adapter-api.txt`, `device-api.txt`, `gatt-api.txt`.
struct BlueZTree {
  typealias Properties = [String: BusValue]

  enum Interface {
    static let adapter = "org.bluez.Adapter1"
    static let device = "org.bluez.Device1"
    static let service = "org.bluez.GattService1"
    static let characteristic = "org.bluez.GattCharacteristic1"
    static let agentManager = "org.bluez.AgentManager1"
    static let objects = "org.freedesktop.DBus.ObjectManager"
    static let properties = "org.freedesktop.DBus.Properties"
  }

  /// What a signal meant beside the change of a property.
  enum Event: Equatable {
    /// An advertisement of the device at this path was heard.
    case heard(String)
    /// The characteristic at this path sent bytes.
    case notified(String, [UInt8])
    /// The device at this path is no longer connected.
    case disconnected(String)
    /// The object at this path is gone.
    case gone(String)
    /// The adapter at this path was switched off.
    case switchedOff(String)
    /// bluetoothd has left the bus.
    case left
    /// bluetoothd has come (back) to the bus.
    case came
  }

  /// By path, then by interface.
  private(set) var objects: [String: [String: Properties]] = [:]

  func properties(_ path: String, _ interface: String) -> Properties? { objects[path]?[interface] }

  /// Paths with an interface, below a path, in alphabetical order.
  func paths(with interface: String, below: String = "") -> [String] {
    objects.filter { $0.value[interface] != nil && (below.isEmpty || $0.key.hasPrefix(below + "/")) }
      .map(\.key).sorted()
  }

  /// Takes over the answer to `GetManagedObjects`.
  mutating func replace(with managed: BusValue) {
    objects = [:]
    for (path, interfaces) in managed.table ?? [:] { objects[path] = Self.interfaces(interfaces) }
  }

  mutating func clear() { objects = [:] }

  private static func interfaces(_ value: BusValue) -> [String: Properties] {
    (value.table ?? [:]).mapValues { $0.table ?? [:] }
  }

  mutating func apply(_ signal: BusMessage) -> [Event] {
    let arguments = signal.arguments
    switch (signal.interface, signal.member) {
    case (Interface.objects, "InterfacesAdded"):
      guard let path = arguments.first?.text, arguments.count > 1 else { return [] }
      let added = Self.interfaces(arguments[1])
      objects[path, default: [:]].merge(added) { $1 }
      return added[Interface.device]?["RSSI"] == nil ? [] : [.heard(path)]
    case (Interface.objects, "InterfacesRemoved"):
      guard let path = arguments.first?.text, arguments.count > 1 else { return [] }
      return remove(arguments[1].list?.compactMap(\.text) ?? [], from: path)
    case (Interface.properties, "PropertiesChanged"):
      guard let interface = arguments.first?.text, arguments.count > 1 else { return [] }
      let cleared = arguments.count > 2 ? arguments[2].list?.compactMap(\.text) ?? [] : []
      return change(signal.path, interface, arguments[1].table ?? [:], cleared)
    case (BusAddress.bus.interface, "NameOwnerChanged"):
      guard arguments.count == 3, arguments[0].text == "org.bluez" else { return [] }
      clear()
      return arguments[2].text == "" ? [.left] : [.came]
    default: return []
    }
  }

  private mutating func remove(_ interfaces: [String], from path: String) -> [Event] {
    guard objects[path] != nil else { return [] }
    for interface in interfaces { objects[path]?[interface] = nil }
    guard objects[path]?.isEmpty ?? true else { return [] }
    objects[path] = nil
    return [.gone(path)]
  }

  private mutating func change(
    _ path: String, _ interface: String, _ changed: Properties, _ cleared: [String]
  ) -> [Event] {
    objects[path, default: [:]][interface, default: [:]].merge(changed) { $1 }
    for name in cleared { objects[path]?[interface]?[name] = nil }
    switch interface {
    case Interface.device:
      var events: [Event] = changed["RSSI"] == nil ? [] : [.heard(path)]
      if changed["Connected"]?.boolean == false { events.append(.disconnected(path)) }
      return events
    case Interface.characteristic:
      return changed["Value"]?.bytes.map { [.notified(path, $0)] } ?? []
    case Interface.adapter:
      return changed["Powered"]?.boolean == false ? [.switchedOff(path)] : []
    default: return []
    }
  }
}

extension BlueZTree {
  /// The adapter that a person means: `hci0`, or the adapter's own Bluetooth address.
  func adapter(named name: String) -> String? {
    paths(with: Interface.adapter).first { path in
      path == "/org/bluez/\(name)"
        || properties(path, Interface.adapter)?["Address"]?.text?.uppercased() == name.uppercased()
    }
  }

  /// Each adapter in words, for advice.
  var adapters: [String] {
    paths(with: Interface.adapter).map { path in
      let name = path.split(separator: "/").last.map(String.init) ?? path
      return properties(path, Interface.adapter)?["Address"]?.text.map { "\(name) (\($0))" } ?? name
    }
  }

  func device(_ address: String, of adapter: String) -> String? {
    paths(with: Interface.device, below: adapter).first {
      properties($0, Interface.device)?["Address"]?.text?.uppercased() == address.uppercased()
    }
  }

  func isTrue(_ path: String, _ interface: String, _ property: String) -> Bool {
    properties(path, interface)?[property]?.boolean ?? false
  }

  /// The path of a characteristic; both are 16-bit UUIDs, e.g. `FFE0`, `FFE1`.
  func characteristic(_ characteristic: String, in service: String, of device: String) -> String? {
    let services = paths(with: Interface.service, below: device).filter {
      Self.short(properties($0, Interface.service)?["UUID"]?.text) == service.uppercased()
    }
    for path in services {
      let found = paths(with: Interface.characteristic, below: path).first {
        Self.short(properties($0, Interface.characteristic)?["UUID"]?.text) == characteristic.uppercased()
      }
      if let found { return found }
    }
    return nil
  }

  /// What a device offers, in words, for advice.
  func offers(_ device: String) -> [String] {
    paths(with: Interface.characteristic, below: device).map { path in
      let service = path.split(separator: "/").dropLast().joined(separator: "/")
      let uuid = Self.short(properties(path, Interface.characteristic)?["UUID"]?.text) ?? "?"
      let within = Self.short(properties("/" + service, Interface.service)?["UUID"]?.text) ?? "?"
      return "\(uuid) in \(within)"
    }
  }

  /// `0000ffe1-0000-1000-8000-00805f9b34fb` is FFE1; other UUIDs stay whole.
  static func short(_ uuid: String?) -> String? {
    guard let uuid = uuid?.uppercased() else { return nil }
    guard uuid.hasPrefix("0000"), uuid.hasSuffix("-0000-1000-8000-00805F9B34FB") else { return uuid }
    return String(uuid.dropFirst(4).prefix(4))
  }

  static func long(_ uuid: String) -> String { "0000\(uuid.lowercased())-0000-1000-8000-00805f9b34fb" }
}
