import Ports
import Testing

@testable import Simulation

@Suite struct SimulatedWorldTests {
  private func world() -> SimulatedWorld {
    let world = SimulatedWorld(circuit: Circuit.fresh, seed: 4, calendarStart: "2026-11-22T08:00:00Z")
    world.host(stream: EchoTwin(), named: "emulator")
    world.host(lines: [1: .relay(.wakeSwitch)], named: "lines")
    return world
  }

  @Test func `an unknown name says what exists, a wrong kind what it is`() throws {
    let world = world()
    try world.run {
      let unknown = await failure {
        _ = try await world.openStream(PortAddress(parsing: "sim://emulater"), deadline: .start)
      }
      #expect(unknown?.code == .notFound)
      #expect(unknown?.advice.contains("sim://emulator, sim://lines") == true)
      let wrong = await failure {
        _ = try await world.openStream(PortAddress(parsing: "sim://lines"), deadline: .start)
      }
      #expect(wrong?.code == .unsupported)
      #expect(wrong?.cause.contains("bank of lines") == true)
      let real = await failure {
        _ = try await world.openRadio(PortAddress(parsing: "ble://hci0"), deadline: .start)
      }
      #expect(real?.code == .unsupported)
    }
    #expect(world.calendarStart == "2026-11-22T08:00:00Z")
  }

  @Test func `a stop ends waits in progress and refuses later ones`() throws {
    let world = world()
    world.schedule(at: .start + .seconds(3)) { world.requestStop(reason: "operator pressed stop") }
    try world.run {
      let stopped = await #expect(throws: WorldStopped.self) { try await world.sleep(for: .seconds(10)) }
      #expect(stopped?.reason == "operator pressed stop")
      #expect(world.now.seconds == 3)
      let refused = await failure {
        _ = try await world.openStream(PortAddress(parsing: "sim://emulator"), deadline: .start)
      }
      #expect(refused?.code == .stopped)
      world.requestStop(reason: "something else")
      #expect(world.stopRequested == "operator pressed stop")
    }
  }

  @Test func `a stop ends a port's wait`() throws {
    let world = world()
    world.schedule(at: .start + .seconds(1)) { world.requestStop(reason: "Ctrl-C") }
    try world.run {
      let port = try await world.openStream(PortAddress(parsing: "sim://emulator"), deadline: .start)
      let failure = await failure { _ = try await port.receive(deadline: .start + .seconds(60)) }
      #expect(failure?.code == .stopped)
      #expect(failure?.cause == "Ctrl-C")
      #expect(world.now.seconds == 1)
    }
  }

  @Test func `while stops are held off everything runs to its end, even in a cancelled task`() throws {
    let world = world()
    let shared = Shared(world)
    world.schedule(at: .start + .seconds(1)) { world.requestStop(reason: "Ctrl-C") }
    try world.run {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          let world = shared.value
          world.holdStops = true
          defer { world.holdStops = false }
          try? await world.sleep(until: .start + .seconds(5))
          #expect(world.now.seconds == 5)
          let failure = await failure {
            let port = try await world.openStream(PortAddress(parsing: "sim://emulator"), deadline: .start)
            try await port.send(Array("a\n".utf8), deadline: world.now)
            #expect(try await port.receive(deadline: world.now + .seconds(1)) == Array("A\n".utf8))
          }
          #expect(failure == nil)
        }
        await Task.yield()
        group.cancelAll()
      }
      await #expect(throws: WorldStopped.self) { try await world.sleep(for: .seconds(1)) }
    }
  }
}

extension Circuit {
  static var fresh: Circuit { Circuit(parameters: CircuitParameters()) }
}

/// The port error with which `body` failed; nil when it did not.
func failure(_ body: () async throws -> Void) async -> PortError? {
  do {
    try await body()
    return nil
  } catch { return error as? PortError }
}
