import Emulation
import Foundation
import Instruments
import LinuxPorts
import Ports
import Simulation
import Testing

/// USB instruments through libusb and the kernel, with an emulated one at the other end of the cable.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct USBInstrumentTests {
  private func ask(
    _ port: any MessagePort, _ text: String, _ world: LinuxWorld, within limit: Interval = .seconds(10)
  )
    async throws -> [UInt8]
  {
    try await port.send(Array((text + "\n").utf8), deadline: world.now + limit)
    return try await port.receive(deadline: world.now + limit)
  }

  @Test(arguments: [true, false]) func `answers question after question and sends a block of a megabyte`(
    _ isHighSpeed: Bool
  )
    throws
  {
    let device = try PluggedDevice(isHighSpeed: isHighSpeed) {
      WillingTwin.instrument(isHighSpeed: isHighSpeed)
    }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      #expect(try await ask(port, "*IDN?", world) == Array((WillingTwin.identity + "\n").utf8))
      let begin = world.now
      let count = isHighSpeed ? 1000 : 100
      for number in 1...count {
        let answer = try await ask(port, "ECHO? \(number)", world)
        try #require(answer == Array("\(number)\n".utf8))
      }
      let middle = world.now
      let block = try await ask(port, "BLOCK? 1000000", world, within: .seconds(60))
      let end = world.now
      #expect(block == WillingTwin.block(1_000_000))
      #expect(try await ask(port, "FAULTS?", world) == Array("none\n".utf8))
      print(
        "lab: USB \(isHighSpeed ? "high" : "full") speed: \(Int(Double(count) / (middle - begin).seconds)) queries/s, "
          + "block of 1 MB in \((end - middle).seconds) s")
      port.close()
    }
  }

  /// Sizes at which a transfer ends with a full packet.
  @Test func `sends blocks of every awkward length, also when it forgets empty packets`() throws {
    for forgets in [false, true] {
      var habits = USBTMCHabits()
      habits.forgetsEmptyPackets = forgets
      let device = try PluggedDevice { [habits] in WillingTwin.instrument(habits: habits) }
      defer { device.pull() }
      try LinuxWorld.run(takesSignals: false) { world in
        let port = try await openWhenThere(WillingTwin.address, world)
        for length in [1, 494, 495, 496, 497, 1006, 1007, 1008, 65_000, 65_516, 65_517, 65_518, 65_540] {
          let block = try await ask(port, "BLOCK? \(length)", world)
          #expect(block == WillingTwin.block(length), "\(length) bytes, forgets \(forgets)")
        }
        port.close()
      }
    }
  }

  @Test func `belongs to the kernel's driver before us and after us`() throws {
    try Lab.load("usbtmc")
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    let node = "/dev/usbtmc0"
    for _ in 1...3 {
      #expect(try KernelInstrument.ask(node, "*IDN?\n") == WillingTwin.identity + "\n")
      try LinuxWorld.run(takesSignals: false) { world in
        let port = try await openWhenThere(WillingTwin.address, world)
        #expect(!FileManager.default.fileExists(atPath: node))
        #expect(try await ask(port, "*IDN?", world) == Array((WillingTwin.identity + "\n").utf8))
        port.close()
      }
    }
    #expect(try KernelInstrument.ask(node, "FAULTS?\n") == "none\n")
  }

  @Test func `is closed at once when the plug is pulled while an answer is awaited`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      try await port.send(
        Array("FAULT pull\nECHO? \(String(repeating: "x", count: 5000))\n".utf8),
        deadline: world.now + .seconds(5))
      let begin = world.now
      let error = await #expect(throws: PortError.self) {
        try await port.receive(deadline: begin + .seconds(30))
      }
      #expect(error?.code == .closed)
      #expect(error?.cause.contains("unplugged") == true)
      #expect(world.now < begin + .seconds(5))
      let later = await #expect(throws: PortError.self) {
        try await port.send([1], deadline: world.now + .seconds(1))
      }
      #expect(later?.code == .closed)
      print("lab: USB pull noticed after \((world.now - begin).seconds) s")
    }
    device.pull()
    // Plugged in again it is a new device of the kernel and opens as before.
    let again = try PluggedDevice { WillingTwin.instrument() }
    defer { again.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      #expect(try await ask(port, "ECHO? back", world) == Array("back\n".utf8))
      port.close()
    }
  }

  @Test(arguments: ["stall", "short", "tag", "header", "oversize", "kind"])
  func `comes back with a clear after a broken answer`(_ fault: String) throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      let question = Array("FAULT \(fault)\nECHO? \(String(repeating: "wrong", count: 300))\n".utf8)
      try await port.send(question, deadline: world.now + .seconds(5))
      let error = await #expect(throws: PortError.self) {
        try await port.receive(deadline: world.now + .seconds(5))
      }
      #expect(error?.code == .malformed, "\(String(describing: error))")
      #expect(error?.advice.isEmpty == false)
      // Until the clear nothing is believed.
      let refused = await #expect(throws: PortError.self) {
        try await port.receive(deadline: world.now + .seconds(5))
      }
      #expect(refused?.code == .busy)
      try await port.clear(deadline: world.now + .seconds(5))
      #expect(try await ask(port, "ECHO? right", world) == Array("right\n".utf8))
      #expect(try await ask(port, "FAULTS?", world) == Array("none\n".utf8))
      port.close()
    }
  }

  @Test(arguments: ["stall-command", "no-command"])
  func `comes back with a clear after it refused a command`(_ fault: String) throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      try await port.send(Array("FAULT \(fault)\n".utf8), deadline: world.now + .seconds(5))
      let deadline = world.now + .milliseconds(300)
      let error = await #expect(throws: PortError.self) {
        try await port.send(Array("LOST\n".utf8), deadline: deadline)
      }
      #expect(error?.code == (fault == "no-command" ? .deadline : .malformed))
      try await port.clear(deadline: world.now + .seconds(5))
      #expect(try await ask(port, "ECHO? right", world) == Array("right\n".utf8))
      port.close()
    }
  }

  @Test func `never gives a late answer to the next question`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      let session = SCPISession(instrument: "meter", link: .messages(port), world: world)
      _ = try await session.identify(maker: "ACME", models: ["M-1"], serial: "0007")
      try await session.write("FAULT late 1")
      let begin = world.now
      await #expect(throws: (any Error).self) {
        try await session.query("ECHO? cell 7", deadline: .milliseconds(400))
      }
      #expect(world.now >= begin + .milliseconds(400))
      guard case .desynchronised = session.state else {
        Issue.record("the session trusts the link: \(session.state)")
        return
      }
      // Towards the safe state everything may still be sent.
      try await session.writeSafe("OUTP OFF")
      try await session.resynchronise()
      for number in 8...12 { #expect(try await session.query("ECHO? cell \(number)") == "cell \(number)") }
      // Long after the late answer would have come.
      try await world.sleep(until: begin + .seconds(2))
      #expect(try await session.query("ECHO? last") == "last")
      session.close()
    }
  }

  @Test func `lets a stop end the wait, and still takes what makes the rig safe`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(WillingTwin.address, world)
      try await port.send(Array("FAULT late 100\nECHO? never\n".utf8), deadline: world.now + .seconds(5))
      let handle = world.stopHandle
      Thread.detachNewThread { handle.request("a test asked for it") }
      let error = await #expect(throws: PortError.self) {
        try await port.receive(deadline: world.now + .seconds(60))
      }
      #expect(error?.code == .stopped)
      world.holdStops = true
      try await port.send(Array("OUTP OFF\n".utf8), deadline: world.now + .seconds(5))
      try await port.clear(deadline: world.now + .seconds(5))
      #expect(try await ask(port, "ECHO? safe", world) == Array("safe\n".utf8))
      port.close()
    }
  }

  @Test func `is left alone when the task that waits for it is cancelled`() throws {
    let device = try PluggedDevice { WillingTwin.instrument() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let begin = world.now
      // Both tasks run on the world's one thread.
      nonisolated(unsafe) let shared = world
      let code = await withTaskGroup(of: PortError.Code?.self) { group in
        group.addTask {
          do {
            let port = try await openWhenThere(WillingTwin.address, shared)
            try await port.send(
              Array("FAULT late 100\nECHO? never\n".utf8), deadline: shared.now + .seconds(5))
            _ = try await port.receive(deadline: shared.now + .seconds(100))
          } catch { return (error as? PortError)?.code }
          return nil
        }
        group.addTask {
          try? await shared.sleep(for: .seconds(3))
          return nil
        }
        _ = await group.next()
        group.cancelAll()
        return await group.next() ?? nil
      }
      #expect(code == .stopped)
      #expect(world.now < begin + .seconds(30))
      // The kernel has nothing of it left over.
      let port = try await openWhenThere(WillingTwin.address, world)
      #expect(try await ask(port, "ECHO? next", world) == Array("next\n".utf8))
      port.close()
    }
  }

  /// Siglent's vendor number: what comes within 20 ms is lost.
  @Test func `is given the time that its model needs between messages`() throws {
    var habits = USBTMCHabits()
    habits.gap = .milliseconds(15)
    let device = try PluggedDevice { [habits] in WillingTwin.instrument(vendor: 0xF4EC, habits: habits) }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere("usb://F4EC:0007/0007", world)
      for number in 1...20 {
        #expect(try await ask(port, "ECHO? \(number)", world) == Array("\(number)\n".utf8))
      }
      port.close()
    }
  }

  /// A Rigol's product number: one header for a whole block, and no clear when it is opened.
  @Test func `is asked once per block where its model wants that`() throws {
    var habits = USBTMCHabits()
    habits.blockPart = 500
    habits.refusesClear = true
    let device = try PluggedDevice(isHighSpeed: false) { [habits] in
      WillingTwin.instrument(vendor: 0x1AB1, product: 0x04CE, isHighSpeed: false, habits: habits)
    }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere("usb://1AB1:04CE/0007", world)
      #expect(try await ask(port, "BLOCK? 1200", world) == WillingTwin.block(1200))
      #expect(try await ask(port, "*IDN?", world) == Array((WillingTwin.identity + "\n").utf8))
      port.close()
    }
  }
}
