import Testing

@testable import LinuxPorts

/// What bluetoothd says, in its own words, and what we make of it.
struct BlueZTreeTests {
  private typealias Interface = BlueZTree.Interface

  private static let device = "/org/bluez/hci0/dev_02_53_49_4D_00_01"
  private static let service = device + "/service0007"
  private static let characteristic = service + "/char0008"

  private static func tree() -> BlueZTree {
    var tree = BlueZTree()
    tree.replace(
      with: .table([
        "/org/bluez/hci0": .table([
          Interface.adapter: .table(["Address": .text("00:1A:7D:DA:71:13"), "Powered": .boolean(true)])
        ]),
        device: .table([
          Interface.device: .table([
            "Address": .text("02:53:49:4D:00:01"), "Connected": .boolean(true), "RSSI": .integer(-60),
          ])
        ]),
        service: .table([
          Interface.service: .table(["UUID": .text("0000ffe0-0000-1000-8000-00805f9b34fb")])
        ]),
        characteristic: .table([
          Interface.characteristic: .table(["UUID": .text("0000ffe1-0000-1000-8000-00805f9b34fb")])
        ]),
      ]))
    return tree
  }

  private static func changed(
    _ path: String, _ interface: String, _ values: [String: BusValue], cleared: [String] = []
  ) -> BusMessage {
    BusMessage(
      path: path, interface: Interface.properties, member: "PropertiesChanged",
      arguments: [.text(interface), .table(values), .list(cleared.map { .text($0) })])
  }

  @Test func `an adapter is found by its name or its own address, and by nothing else`() {
    let tree = Self.tree()
    #expect(tree.adapter(named: "hci0") == "/org/bluez/hci0")
    #expect(tree.adapter(named: "00:1a:7d:da:71:13") == "/org/bluez/hci0")
    #expect(tree.adapter(named: "hci") == nil && tree.adapter(named: "hci1") == nil)
    #expect(tree.adapters == ["hci0 (00:1A:7D:DA:71:13)"])
  }

  @Test func `a characteristic is found in its service alone`() {
    let tree = Self.tree()
    #expect(tree.characteristic("FFE1", in: "FFE0", of: Self.device) == Self.characteristic)
    #expect(tree.characteristic("ffe1", in: "ffe0", of: Self.device) == Self.characteristic)
    #expect(tree.characteristic("FFE1", in: "180A", of: Self.device) == nil)
    #expect(tree.offers(Self.device) == ["FFE1 in FFE0"])
    #expect(BlueZTree.short("12345678-0000-1000-8000-00805f9b34fb")?.count == 36)
  }

  @Test func `every level told is an advertisement, other news are not`() {
    var tree = Self.tree()
    let heard = Self.changed(Self.device, Interface.device, ["RSSI": .integer(-61)])
    #expect(tree.apply(heard) == [.heard(Self.device)] && tree.apply(heard) == [.heard(Self.device)])
    #expect(tree.apply(Self.changed(Self.device, Interface.device, ["Name": .text("EK")])).isEmpty)
    #expect(tree.apply(Self.changed(Self.device, Interface.device, [:], cleared: ["RSSI"])).isEmpty)
    #expect(tree.properties(Self.device, Interface.device)?["RSSI"] == nil)
    #expect(tree.properties(Self.device, Interface.device)?["Name"]?.text == "EK")
  }

  @Test func `the end of a link is told once it is told, not when it stands`() {
    var tree = Self.tree()
    #expect(tree.apply(Self.changed(Self.device, Interface.device, ["Connected": .boolean(true)])).isEmpty)
    let lost = Self.changed(Self.device, Interface.device, ["Connected": .boolean(false)])
    #expect(tree.apply(lost) == [.disconnected(Self.device)])
    #expect(!tree.isTrue(Self.device, Interface.device, "Connected"))
  }

  @Test func `equal notifications one after the other are all told`() {
    var tree = Self.tree()
    let sent = Self.changed(Self.characteristic, Interface.characteristic, ["Value": .bytes([1, 2])])
    for _ in 0..<2 { #expect(tree.apply(sent) == [.notified(Self.characteristic, [1, 2])]) }
  }

  @Test func `an object is gone when its last interface is`() {
    var tree = Self.tree()
    func removed(_ interfaces: [String]) -> BusMessage {
      BusMessage(
        path: "/", interface: Interface.objects, member: "InterfacesRemoved",
        arguments: [.path(Self.device), .list(interfaces.map { .text($0) })])
    }
    #expect(tree.apply(removed(["org.bluez.Battery1"])).isEmpty)
    #expect(tree.apply(removed([Interface.device])) == [.gone(Self.device)])
    #expect(tree.device("02:53:49:4D:00:01", of: "/org/bluez/hci0") == nil)
  }

  @Test func `a bluetoothd that left has nothing any more`() {
    var tree = Self.tree()
    func owner(_ old: String, _ new: String) -> BusMessage {
      BusMessage(
        path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged",
        arguments: [.text("org.bluez"), .text(old), .text(new)])
    }
    #expect(tree.apply(owner(":1.2", "")) == [.left] && tree.objects.isEmpty)
    #expect(tree.apply(owner("", ":1.7")) == [.came])
  }

  @Test func `messages of another shape than expected are left alone`() {
    var tree = Self.tree()
    let before = tree.objects.count
    for member in ["InterfacesAdded", "InterfacesRemoved", "PropertiesChanged", "NameOwnerChanged"] {
      for interface in [Interface.objects, Interface.properties, "org.freedesktop.DBus"] {
        for arguments: [BusValue] in [[], [.integer(3)], [.text("x")], [.other, .other, .other]] {
          let strange = BusMessage(path: "/", interface: interface, member: member, arguments: arguments)
          #expect(tree.apply(strange).isEmpty)
        }
      }
    }
    #expect(tree.objects.count == before)
  }
}
