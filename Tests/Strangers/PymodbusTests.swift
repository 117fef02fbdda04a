import Foundation
import LinuxPorts
import Modbus
import Ports
import Testing

/// pymodbus serves what our client reads and writes, over TCP and over a serial line, through the real ports.
@Suite(.timeLimit(.minutes(2)), .serialized) struct PymodbusTests {
  private static let unit: UInt8 = 7

  /// Runs `body` with a client of a fresh server.
  private func withClient(
    _ framing: ModbusFraming, _ body: @escaping @Sendable (ModbusClient) async throws -> Void
  ) throws {
    let server = try ServingStranger("pymodbus_serve.py", [framing == .tcp ? "tcp" : "serial"])
    let address = try PortAddress(
      parsing: framing == .tcp ? "tcp://127.0.0.1:\(server.place)" : "serial://\(server.place)?baud=115200")
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await world.openStream(address, deadline: world.now + .seconds(20))
      var timing = ModbusClient.Timing()
      // A loaded computer may take its time.
      timing.answerWithin = .seconds(20)
      let client = ModbusClient(port: port, world: world, framing: framing, timing: timing)
      try await body(client)
      client.close()
    }
  }

  @Test(arguments: ModbusFraming.allCases) func `what it holds is what we read`(_ framing: ModbusFraming)
    throws
  {
    try withClient(framing) { client in
      let holding = try await client.holdingRegisters(unit: Self.unit, 3, count: 125)
      #expect(holding == (3..<128).map { UInt16(truncatingIfNeeded: $0 * 257) })
      #expect(try await client.inputRegisters(unit: Self.unit, 0, count: 2) == [65_535, 65_534])
      let coils = try await client.coils(unit: Self.unit, 1, count: 2000)
      #expect(coils == (1..<2001).map { $0 % 3 == 0 })
      #expect(try await client.discreteInputs(unit: Self.unit, 4, count: 3) == [false, true, false])
    }
  }

  @Test(arguments: ModbusFraming.allCases) func `what we write is what it holds`(_ framing: ModbusFraming)
    throws
  {
    try withClient(framing) { client in
      try await client.write(unit: Self.unit, register: 500, 52_428)
      try await client.write(
        unit: Self.unit, registers: 501, ModbusWords.registers(Float(3.3), .lowWordFirst))
      #expect(try await client.holdingRegisters(unit: Self.unit, 500, count: 3) == [52_428, 0x3333, 0x4053])
      #expect(try await client.float(unit: Self.unit, 501, .lowWordFirst) == 3.3)
      try await client.write(unit: Self.unit, coil: 402, true)
      try await client.write(unit: Self.unit, coils: 403, (0..<21).map { $0 % 2 == 0 })
      let coils = try await client.coils(unit: Self.unit, 402, count: 22)
      #expect(coils == [true] + (0..<21).map { $0 % 2 == 0 })
      let many = (0..<123).map { UInt16($0 * 3) }
      try await client.write(unit: Self.unit, registers: 600, many)
      #expect(try await client.holdingRegisters(unit: Self.unit, 600, count: 123) == many)
    }
  }

  @Test(arguments: ModbusFraming.allCases) func `its refusals are read as what they are`(
    _ framing: ModbusFraming
  ) throws {
    try withClient(framing) { client in
      var code: ModbusError.Code?
      do throws(ModbusError) {
        _ = try await client.holdingRegisters(unit: Self.unit, 60_000, count: 1)
      } catch { code = error.code }
      #expect(code == .refused(.illegalAddress))
      #expect(client.state == .ready)
      let after = try await client.holdingRegisters(unit: Self.unit, 1, count: 1)
      #expect(after == [257])
    }
  }

  @Test func `a thousand questions keep their answers, and say how fast`() throws {
    try withClient(.tcp) { client in
      let begin = client.world.now
      for round in 0..<1000 {
        let words = try await client.holdingRegisters(unit: Self.unit, round % 200, count: 2)
        #expect(words == [UInt16(round % 200 * 257 % 65_536), UInt16((round % 200 + 1) * 257 % 65_536)])
      }
      let seconds = (client.world.now - begin).seconds
      print("pymodbus over TCP: \(Int(1000 / seconds)) questions a second")
    }
  }
}

/// A stranger that serves until it is let go; its first line says where.
final class ServingStranger {
  let place: String
  private let process = Process()
  private let life = Pipe()

  init(_ program: String, _ arguments: [String]) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Stranger.python)
    process.arguments = [Stranger.programs.appendingPathComponent(program).path] + arguments
    process.standardInput = life
    process.standardOutput = output
    try process.run()
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
      line.append(byte)
    }
    place = String(decoding: line, as: UTF8.self)
    struct NothingServed: Error {}
    if line.isEmpty { throw NothingServed() }
  }

  deinit {
    try? life.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
