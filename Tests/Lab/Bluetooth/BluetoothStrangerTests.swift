import DUT
import Foundation
import LinuxPorts
import Ports
import Testing

/// Programs of other people at one end of the radio: none of our own code talks to itself here.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct BluetoothStrangerTests {
  private var python: String { Stranger.python }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let captures = folder.deletingLastPathComponent().appending(path: "Unit/DUTTests/Captures")

  private func script(_ name: String) -> String { Self.folder.appending(path: "Strangers/\(name)").path }

  private struct Reading: Decodable {
    struct Info: Decodable {
      let model: String
      let hwVersion: String
      let swVersion: String
    }
    struct Sample: Decodable {
      let voltage: Double
      let deltaVoltage: Double
      let current: Double
      let balancer: Bool
      let cellVoltages: [Double]
      let tempValues: [Double]
    }
    let name: String
    let info: Info
    let sample: Sample
  }

  @Test func `aiobmsble reads the simulated unit through bleak and BlueZ`() throws {
    let (python, script) = (python, script("read_neey.py"))
    try EmulatedUnit.use { unit, radio in
      let began = radio.world.now
      let text = try await radio.run(python, script, unit.address)
      print("lab: bluetooth: aiobmsble took \((radio.world.now - began).seconds) s in all")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let reading = try decoder.decode(Reading.self, from: Data(text.utf8))
      #expect(reading.name == "EK-24S300A" && reading.info.model == "EK-B24S8E300A")
      let identity = unit.unit.parameters.identity
      #expect(reading.info.hwVersion == identity.hardware && reading.info.swVersion == identity.software)
      #expect(reading.sample.cellVoltages.count == 24)
      for (index, volts) in EmulatedUnit.cells.enumerated() {
        #expect(abs(reading.sample.cellVoltages[index] - volts) < 0.005, "cell \(index + 1)")
      }
      #expect(abs(reading.sample.voltage - EmulatedUnit.cells.reduce(0, +)) < 0.3)
      #expect(abs(reading.sample.deltaVoltage - 0.092) < 0.005)
      #expect(abs(reading.sample.current) < 0.5 && !reading.sample.balancer)
      #expect(reading.sample.tempValues.allSatisfy { abs($0 - 25) < 1 })
    }
  }

  /// bumble's stack, controller included, with the bytes of real units; ours is only the client.
  private func useBumble(_ body: @escaping @Sendable (LinuxWorld, any RadioPort) async throws -> Void) throws
  {
    try Lab.startBluetooth()
    let unit = try Stranger(python, script("bumble_unit.py"), Self.captures.path)
    defer { unit.end() }
    while let line = try unit.nextLine(), line != "ready" { print("bumble: \(line)") }
    #expect(unit.isRunning)
    try LinuxWorld.run(takesSignals: false) { world in
      let limit = world.now + .seconds(60)
      while true {
        do {
          let radio = try await world.openRadio(PortAddress(parsing: "ble://hci0"), deadline: limit)
          try await body(world, radio)
          radio.close()
          return
        } catch let error as PortError where error.attempted == "open the radio" && world.now < limit {
          try await world.sleep(for: .milliseconds(200))
        }
      }
    }
  }

  @Test func `a session with a bumble unit reads what the capture holds`() throws {
    try useBumble { world, radio in
      let heard = try await radio.scan(deadline: world.now + .seconds(60))
      let link = try await radio.connect(heard.address, deadline: world.now + .seconds(60))
      let session = BMSSession(port: link, world: world)
      try await session.open(deadline: world.now + .seconds(60))
      #expect(heard.services.contains("FFE0"))
      let info = try await session.deviceInfo(deadline: world.now + .seconds(30))
      #expect(info.model == "EK-B24S8E200A" && session.version == .v2)
      let live = try await session.nextCellInfo(after: nil, deadline: world.now + .seconds(30)).cellInfo
      #expect(abs(live.cellVolts[0] - 3.272008) < 1e-5 && abs(live.cellVolts[15] - 3.278556) < 1e-5)
      #expect(session.statistics.checksumErrors == 0)
      session.close()
    }
  }

  @Test func `every capture comes through a bumble unit byte for byte`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.captures.path)
      .filter { $0.hasSuffix(".hex") && !$0.contains("-request-") }.sorted().map { String($0.dropLast(4)) }
    #expect(names.count > 15)
    var captured: [String: [UInt8]] = [:]
    for name in names {
      let text = try String(contentsOf: Self.captures.appending(path: name + ".hex"), encoding: .utf8)
      captured[name] = try text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        .flatMap { try HexDecoder.bytes(of: String($0)) }
    }
    let expected = captured
    try useBumble { world, radio in
      let heard = try await radio.scan(deadline: world.now + .seconds(60))
      let link = try await radio.connect(heard.address, deadline: world.now + .seconds(60))
      for name in names {
        try await link.write(Array("replay \(name)".utf8), deadline: world.now + .seconds(30))
        var received: [UInt8] = []
        while received.count < expected[name]!.count {
          received += try await link.notification(deadline: world.now + .seconds(30)).bytes
        }
        #expect(received == expected[name]!, "\(name)")
      }
      link.disconnect()
    }
  }
}
