import DBC
import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// Our ear and our sender on the kernel's virtual bus, with can-utils and python-can at the other end.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct CANTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A virtual bus of its own for each test.
  final class VirtualBus: Sendable {
    let name: String
    init(_ name: String, up: Bool = true) throws {
      self.name = name
      try Lab.load("vcan", "can-raw")
      try Lab.run("ip", "link", "add", name, "type", "vcan")
      try Lab.run("ip", "link", "set", name, "mtu", "72")
      if up { try Lab.run("ip", "link", "set", name, "up") }
    }
    deinit { _ = try? Lab.run("ip", "link", "delete", name) }
    var address: PortAddress { get throws { try PortAddress(parsing: "can://\(name)") } }
  }

  static func error(_ body: () async throws -> Void) async throws -> PortError {
    try #require(await #expect(throws: PortError.self) { try await body() })
  }

  @Test func `frames of cansend arrive in order, each kind as what it is, with the kernel's times`() throws {
    let bus = try VirtualBus("vcan1")
    try LinuxWorld.run(takesSignals: false) { world in
      let ear = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      let begin = world.now
      let sent = [
        "356#b0140a00fa00", "18F128F4#0102030405060708", "7FF#", "123##0000102030405060708090a0b", "100#R",
      ]
      for text in sent { try Lab.run("cansend", bus.name, text) }
      let end = world.now
      // Heard much later than they came: the times must be those of the kernel.
      try await world.sleep(for: .milliseconds(300))
      var heard: [CANFrame] = []
      for _ in sent { heard.append(try await ear.receive(deadline: world.now + .seconds(5))) }
      #expect(heard.map(\.text) == sent)
      #expect(heard[3].isFD && heard[3].bytes.count == 12)
      #expect(heard.map(\.at) == heard.map(\.at).sorted())
      #expect(heard.allSatisfy { $0.at > begin && $0.at < end + .milliseconds(50) })
      ear.close()
    }
  }

  @Test func `candump and python-can see what we send`() throws {
    let bus = try VirtualBus("vcan2")
    let candump = try Stranger("candump", "-n", "3", "-L", bus.name)
    let python = try Stranger(
      Stranger.python,
      Self.root.appendingPathComponent("Tests/Strangers/Programs/python_can_listen.py").path, bus.name, "3")
    #expect(try python.nextLine() == "ready")
    while !(try Lab.text(of: "/proc/net/can/rcvlist_all").contains(bus.name)) { usleep(10_000) }
    try LinuxWorld.run(takesSignals: false) { world in
      let sender = try world.openCANSender(bus.address)
      let frames = [
        CANFrame(identifier: 0x356, bytes: [0xB0, 0x14], at: .start),
        CANFrame(identifier: 0x18F1_28F4, isExtended: true, bytes: [1, 2, 3, 4, 5, 6, 7, 8], at: .start),
        CANFrame(identifier: 0x123, bytes: Array(0..<16), isFD: true, at: .start),
      ]
      for frame in frames { try await sender.send(frame, deadline: world.now + .seconds(1)) }
      let tooLong = CANFrame(identifier: 1, bytes: Array(0..<9), at: .start)
      let error = try await Self.error { try await sender.send(tooLong, deadline: world.now + .seconds(1)) }
      #expect(error.code == .malformed)
    }
    // Newer kernels mark FD frames in the flags: ##4.
    let dumped = try (0..<3).map { _ in
      try #require(try candump.nextLine()).split(separator: " ").last!.replacing("##4", with: "##0")
    }
    #expect(dumped == ["356#B014", "18F128F4#0102030405060708", "123##0000102030405060708090A0B0C0D0E0F"])
    let heard = try (0..<3).map { _ in try python.nextLine() }
    #expect(
      heard == ["356 0 0 b014", "18f128f4 1 0 0102030405060708", "123 0 1 000102030405060708090a0b0c0d0e0f"])
  }

  @Test func `only wanted identifiers are heard`() throws {
    let bus = try VirtualBus("vcan3")
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "can://vcan3?ids=356,00000351")
      let ear = try await world.openCAN(address, deadline: world.now + .seconds(1))
      for text in ["351#01", "356#02", "00000356#03", "00000351#04"] {
        try Lab.run("cansend", bus.name, text)
      }
      var heard: [String] = []
      for _ in 0..<2 { heard.append(try await ear.receive(deadline: world.now + .seconds(5)).text) }
      #expect(heard == ["356#02", "00000351#04"])
      let error = try await Self.error { _ = try await ear.receive(deadline: world.now + .milliseconds(50)) }
      #expect(error.code == .deadline)
    }
  }

  @Test func `bus-off is named, and the ear hears again after it`() throws {
    let bus = try VirtualBus("vcan4")
    try LinuxWorld.run(takesSignals: false) { world in
      let ear = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      // Error-passive deafens nobody; bus-off does.
      for text in ["20000004#0010000000000000", "20000040#0000000000000000", "356#01"] {
        try Lab.run("cansend", bus.name, text)
      }
      let error = try await Self.error { _ = try await ear.receive(deadline: world.now + .seconds(5)) }
      #expect(error.code == .closed)
      #expect(error.cause.contains("bus-off"))
      #expect(try await ear.receive(deadline: world.now + .seconds(5)).text == "356#01")
      let silence = try await Self.error {
        _ = try await ear.receive(deadline: world.now + .milliseconds(50))
      }
      #expect(silence.code == .deadline)
      #expect(silence.cause.contains("its last report: the controller is bus-off"))
    }
  }

  @Test func `an interface that is set down or taken away in mid-listen is named`() throws {
    let bus = try VirtualBus("vcan5")
    try LinuxWorld.run(takesSignals: false) { world in
      let ear = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      // Somebody else, a moment later.
      let other = try Stranger("sh", "-c", "sleep 0.2; ip link set \(bus.name) down")
      let error = try await Self.error { _ = try await ear.receive(deadline: world.now + .seconds(20)) }
      #expect(error.code == .closed)
      #expect(error.cause.contains("vcan5 was set down"))
      other.end()
      let still = try await Self.error { _ = try await ear.receive(deadline: world.now + .milliseconds(50)) }
      #expect(still.code == .closed)
      let again = try await Self.error {
        _ = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      }
      #expect(again.code == .closed)
      #expect(again.advice.contains("sudo ip link set vcan5 up"))
      // Up again: the same ear hears.
      try Lab.run("ip", "link", "set", bus.name, "up")
      try Lab.run("cansend", bus.name, "356#01")
      #expect(try await ear.receive(deadline: world.now + .seconds(5)).text == "356#01")
      try Lab.run("ip", "link", "delete", bus.name)
      let gone = try await Self.error { _ = try await ear.receive(deadline: world.now + .seconds(5)) }
      #expect(gone.code == .closed)
      #expect(gone.cause.contains("is gone") || gone.cause.contains("was set down"))
      let missing = try await Self.error {
        _ = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      }
      #expect(missing.code == .notFound)
    }
  }

  @Test func `of 50,000 frames in one go none is lost, and each is decoded`() throws {
    let bus = try VirtualBus("vcan6")
    let file = try Data(contentsOf: Self.root.appendingPathComponent("Rigs/CAN/pylontech-candidate.dbc"))
    let (database, findings) = DBCReader.read(Array(file))
    #expect(findings == [])
    let message = try #require(database.message(named: "Measurements"))
    let count = 50_000
    try LinuxWorld.run(takesSignals: false) { world in
      let ear = try await world.openCAN(bus.address, deadline: world.now + .seconds(1))
      let sender = try world.openCANSender(bus.address)
      let begin = world.now
      for number in 0..<count {
        let bytes: [UInt8] = [UInt8(number & 0xFF), UInt8(number >> 8), 0x0A, 0, 0xFA, 0]
        let frame = CANFrame(identifier: 0x356, bytes: bytes, at: .start)
        try await sender.send(frame, deadline: world.now + .seconds(1))
      }
      let sent = world.now
      var frames: [CANFrame] = []
      for _ in 0..<count { frames.append(try await ear.receive(deadline: world.now + .seconds(5))) }
      let heard = world.now
      var sum = 0.0
      for frame in frames { sum += message.decode(frame.bytes).values[1].physical }
      let decoded = world.now
      #expect(
        frames.indices.allSatisfy { Int(frames[$0].bytes[0]) | Int(frames[$0].bytes[1]) << 8 == $0 & 0xFFFF })
      #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.at <= $1.at })
      #expect(abs(sum - Double(count)) < 1e-3)
      func rate(_ time: Interval) -> Int { Int(Double(count) / time.seconds) }
      print(
        "CAN: \(rate(sent - begin)) frames/s sent, \(rate(heard - sent)) received, \(rate(decoded - heard)) decoded"
      )
    }
  }

  @Test func `frames that a small queue lost are counted and said in their place`() throws {
    let bus = try VirtualBus("vcan7")
    try LinuxWorld.run(takesSignals: false) { world in
      var opening = CANOpening(address: try bus.address, world: world, attempted: "listen to a CAN bus")
      opening.queueBytes = 8192
      let ear = try opening.openEar()
      let sender = try world.openCANSender(bus.address)
      for number in 0..<1000 {
        try await sender.send(
          CANFrame(identifier: 0x100, bytes: [UInt8(number & 0xFF)], at: .start),
          deadline: world.now + .seconds(1))
      }
      var heard = 0
      // The kernel counts behind the gap: with the next frame that comes.
      while (try? await ear.receive(deadline: world.now + .milliseconds(50))) != nil { heard += 1 }
      #expect(heard > 0 && heard < 1000)
      try Lab.run("cansend", bus.name, "200#")
      let news = try await ear.news(deadline: world.now + .seconds(5))
      guard case .trouble(.lost(let lost), _) = news else {
        Issue.record("\(news)")
        return
      }
      #expect(heard + Int(lost) == 1000)
      #expect(try await ear.receive(deadline: world.now + .seconds(5)).text == "200#")
    }
  }

  static func up(_ name: String, _ more: String...) throws {
    _ = try? Lab.run("ip", "link", "set", name, "down")
    let command = ["link", "set", name, "up", "type", "can", "bitrate", "500000"] + more
    try Lab.run("sh", "-c", "ip \(command.joined(separator: " "))")
  }

  @Test func `between two controllers frames cross, and an ear insists on listening only`() throws {
    try Lab.load("kvaser_pci", "can-raw")
    defer { for name in ["can0", "can1"] { _ = try? Lab.run("ip", "link", "set", name, "down") } }
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "can://can1")
      let down = try await Self.error {
        _ = try await world.openCAN(address, deadline: world.now + .seconds(1))
      }
      #expect(down.code == .closed)
      #expect(down.advice.contains("bitrate 500000 listen-only on"))
      try Self.up("can0", "listen-only", "off")
      try Self.up("can1", "listen-only", "off")
      let talks = try await Self.error {
        _ = try await world.openCAN(address, deadline: world.now + .seconds(1))
      }
      #expect(talks.code == .refused)
      #expect(talks.cause.contains("acknowledges"))
      let other = try await Self.error {
        let slow = try PortAddress(parsing: "can://can1?bitrate=250000&acknowledge=yes")
        _ = try await world.openCAN(slow, deadline: world.now + .seconds(1))
      }
      #expect(other.code == .refused)
      #expect(other.cause.contains("500000"))
      try Self.up("can1", "listen-only", "on")
      let deaf = try await Self.error { _ = try world.openCANSender(address) }
      #expect(deaf.code == .refused)
      let ear = try await world.openCAN(address, deadline: world.now + .seconds(1))
      let sender = try world.openCANSender(try PortAddress(parsing: "can://can0"))
      for number in 0..<UInt8(50) {
        let frame = CANFrame(
          identifier: 0x18F1_2800 + UInt32(number), isExtended: true, bytes: [number], at: .start)
        try await sender.send(frame, deadline: world.now + .seconds(5))
      }
      var last = WorldInstant.start
      for number in 0..<UInt8(50) {
        let frame = try await ear.receive(deadline: world.now + .seconds(5))
        #expect(frame.identifier == 0x18F1_2800 + UInt32(number) && frame.bytes == [number])
        #expect(frame.at >= last)
        last = frame.at
      }
      let silence = try await Self.error {
        _ = try await ear.receive(deadline: world.now + .milliseconds(50))
      }
      #expect(silence.cause.contains("500000 bit/s"))
    }
  }
}
