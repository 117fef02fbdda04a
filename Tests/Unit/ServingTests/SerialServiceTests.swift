import Foundation
import LinuxPorts
import Ports
import Simulation
import Testing

@testable import Serving

@Suite(.timeLimit(.minutes(1))) struct `A served serial line` {
  @Test func `is opened, asked, closed and opened again`() throws {
    try serving({ world, plant in
      let twin = ScriptedTwin(["A?": ("1", .milliseconds(2))])
      plant.host(.stream(twin), named: "decade")
      return [try SerialService(name: "decade", twin: twin, plant: plant, baud: 9600, world: world)]
    }) { world, addresses in
      #expect(addresses[0].option("baud") == "9600")
      for _ in 0..<3 {
        let port = try await world.openStream(addresses[0], deadline: world.now.patient)
        try await port.say("A?\n", world)
        #expect(try await port.line(world) == "1")
        port.close()
      }
    }
  }

  @Test func `belongs to one client at a time`() throws {
    try serving({ world, plant in
      [try SerialService(name: "decade", twin: ScriptedTwin(), plant: plant, baud: 9600, world: world)]
    }) { world, addresses in
      let port = try await world.openStream(addresses[0], deadline: world.now.patient)
      do {
        _ = try await world.openStream(addresses[0], deadline: world.now.patient)
        Issue.record("the line was given twice")
      } catch let error as PortError {
        #expect(error.code == .busy)
      }
      port.close()
    }
  }

  @Test func `can be opened again after a client that left without a word`() throws {
    try serving({ world, plant in
      let twin = ScriptedTwin(["A?": ("1", .zero)])
      return [try SerialService(name: "decade", twin: twin, plant: plant, baud: 9600, world: world)]
    }) { world, addresses in
      // What remains of a client that was killed: the exclusive mode, without the lock.
      let left = open(addresses[0].target, O_RDWR | O_NOCTTY)
      _ = ioctl(left, UInt(TIOCEXCL), 0)
      close(left)
      while true {
        do {
          let port = try await world.openStream(addresses[0], deadline: world.now.patient)
          try await port.say("A?\n", world)
          #expect(try await port.line(world) == "1")
          port.close()
          return
        } catch let error as PortError where error.code == .busy {
          try await world.sleep(for: .milliseconds(50))
        }
      }
    }
  }
}
