import Foundation
import LinuxPorts
import Model
import Ports
import Quantities
import Simulation
import Testing

@testable import Rigging

private let day = CalendarDate("2026-06-01")!

/// Gives up root's rights over files for the calling thread, so that a port without permission has none. Does nothing
/// for other users, who have no such rights.
private func asNobody<T>(_ body: () async throws -> T) async rethrows -> T {
  typealias Setter = @convention(c) (UInt32) -> Int32
  let setter = dlsym(nil, "setfsuid").map { unsafeBitCast($0, to: Setter.self) }
  guard getuid() == 0, let setter else { return try await body() }
  _ = setter(65_534)
  defer { _ = setter(0) }
  return try await body()
}

@Suite(.timeLimit(.minutes(1))) struct `A probe of a rig` {
  private static var limits: RigProbe.Limits {
    var limits = RigProbe.Limits()
    limits.answer = .milliseconds(400)
    limits.listening = .milliseconds(20)
    return limits
  }

  @Test func `names what is missing, wrong, busy, forbidden, silent or expired, and probes all the rest`()
    throws
  {
    try LinuxWorld.run(takesSignals: false) { world in
      let served = try await ServedRig(in: world, simulated: ["bank": ["fault": "silent"]])
      try Self.spoil(served)
      let unused = try await TCPListener.open(host: "127.0.0.1", port: 0, in: world)
      served.rig.change("source") { $0.address = "tcp://127.0.0.1:\(unused.port)" }
      unused.close()
      let inner = Confined((world, served))
      try await served.serve {
        let (world, served) = inner.value
        // Somebody else has the only connection of one and the line of another.
        let socket = try await world.openStream(served.address("emulator"), deadline: world.now + .seconds(5))
        let line = try await world.openStream(served.address("ntc3"), deadline: world.now + .seconds(5))
        let probe = RigProbe(rig: served.rig, world: world, date: day, limits: Self.limits)
        let results = try await asNobody { try await probe.run() }
        socket.close()
        line.close()
        #expect(
          results.map(\.name) == served.rig.instruments.map(\.name) + ["unit", "unit-bus", "unit-rs485"])
        let states = Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0.state) })
        #expect(states["emulator"] == .busy)
        #expect(states["source"] == .missing)
        #expect(states["auxiliary"] == .ok)
        #expect(states["reference"] == .wrong)
        #expect(states["ntc1"] == .denied)
        #expect(states["ntc2"] == .ok)
        #expect(states["ntc3"] == .busy)
        #expect(states["ntc4"] == .expired)
        #expect(states["bank"] == .silent)
        #expect(states["scope"] == .ok)
        #expect(states["caliper"] == .ok)
        for result in results where result.state != .ok {
          #expect(!result.message.isEmpty && !result.advice.isEmpty, "\(result)")
        }
        #expect(results.first { $0.name == "ntc1" }?.advice.contains("dialout") == true)
        #expect(results.first { $0.name == "reference" }?.message.contains("MY58000023") == true)
      }
      // Whatever was wrong: nothing but the identity was asked of anybody.
      for (name, commands) in served.heard.commands {
        #expect(commands == "*IDN?\n", "\(name) heard \(commands)")
      }
      #expect(Set(served.heard.commands.keys) == ["auxiliary", "reference", "ntc2", "ntc4", "bank", "scope"])
    }
  }

  /// Another serial number, an expired certificate, a line that nobody may open.
  private static func spoil(_ served: ServedRig) throws {
    served.rig.change("reference") { $0.serial = "MY58009999" }
    served.rig.change("ntc4") { $0.calibration?.due = "2026-05-31" }
    for name in ["ntc1", "ntc2", "ntc3", "ntc4"] {
      chmod(try served.address(name).target, name == "ntc1" ? 0 : 0o666)
    }
  }

  @Test func `finds everything in its place in the simulated world, and changes nothing there`() throws {
    let rig = try ServedRig.file.rig
    let world = try SimulatedRig.world(
      rig: rig, unit: .init(), seed: 1, calendarStart: SimulatedSocket.calendarStart)
    let results = try world.run { try await RigProbe(rig: rig, world: world, date: day).run() }
    #expect(results.allSatisfy { $0.state == .ok }, "\(results.filter { $0.state != .ok })")
    // One after the other the instruments would need their waits one after the other.
    #expect(world.now.seconds < 5)
  }

  @Test func `mentions a certificate that ends soon`() throws {
    var rig = try ServedRig.file.rig
    rig.change("scope") { $0.calibration?.due = "2026-06-21" }
    let world = try SimulatedRig.world(
      rig: rig, unit: .init(), seed: 1, calendarStart: SimulatedSocket.calendarStart)
    let checked = rig
    let results = try world.run { try await RigProbe(rig: checked, world: world, date: day).run() }
    let scope = try #require(results.first { $0.name == "scope" })
    #expect(scope.state == .ok && scope.advice.contains("20 days"))
  }
}

extension Rig {
  mutating func change(_ name: String, _ body: (inout RigInstrument) -> Void) {
    body(&instruments[instruments.firstIndex { $0.name == name }!])
  }
}
