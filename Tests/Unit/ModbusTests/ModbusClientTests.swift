import Modbus
import Ports
import TestKit
import Testing

@Suite struct ModbusClientTests {
  @Test(arguments: ModbusFraming.allCases, [false, true])
  func `values arrive as they were written`(_ framing: ModbusFraming, _ isSplit: Bool) async throws {
    let bench = try ModbusBench(framing)
    bench.link.isSplit = isSplit
    let client = bench.client
    try await client.write(unit: 1, registers: 20, ModbusWords.registers(Float(3.3), .lowWordFirst))
    #expect(try await client.float(unit: 1, 20, .lowWordFirst) == 3.3)
    try await client.write(unit: 1, register: 5, 0xBEEF)
    #expect(try await client.inputRegisters(unit: 1, 4, count: 3) == [0, 0xBEEF, 0])
    try await client.write(unit: 1, coil: 3, true)
    try await client.write(unit: 1, coils: 8, [true, false, true])
    let coils = try await client.coils(unit: 1, 2, count: 10)
    #expect(coils.enumerated().filter(\.element).map { $0.offset + 2 } == [3, 8, 10])
    #expect(try await client.discreteInputs(unit: 1, 3, count: 1) == [true])
    #expect(client.state == .ready)
  }

  @Test func `a refusal says why and leaves the line trusted`() async throws {
    let bench = try ModbusBench(.rtu)
    let code = await bench.code { () throws(ModbusError) in
      _ = try await bench.client.coils(unit: 1, 90, count: 1)
    }
    #expect(code == .refused(.illegalAddress))
    #expect(bench.slave.heard.count == 1, "a refusal is not asked again")
    #expect(try await bench.client.coils(unit: 1, 0, count: 1) == [false])
  }

  @Test(arguments: ModbusFraming.allCases)
  func `a read is asked again once, a write never`(_ framing: ModbusFraming) async throws {
    let bench = try ModbusBench(framing)
    bench.slave.dropped = [0]
    bench.slave.registers[7] = 77
    #expect(try await bench.client.holdingRegisters(unit: 1, 7, count: 1) == [77])
    #expect(bench.client.statistics.repeated == 1)
    bench.slave.dropped = [2]
    let code = await bench.code { () throws(ModbusError) in
      try await bench.client.write(unit: 1, register: 7, 1)
    }
    #expect(code == .noAnswer)
    #expect(bench.slave.heard.count == 3)
  }

  @Test(arguments: ModbusFraming.allCases)
  func `after a write without answer nothing is asked until question and answer were matched`(
    _ framing: ModbusFraming
  ) async throws {
    let bench = try ModbusBench(framing)
    bench.slave.registers[0] = 4711
    bench.slave.dropped = [0]
    _ = await bench.code { () throws(ModbusError) in try await bench.client.write(unit: 1, register: 7, 1) }
    let sent = bench.link.sent.count
    let read = await bench.code { () throws(ModbusError) in
      _ = try await bench.client.holdingRegisters(unit: 1, 0, count: 1)
    }
    #expect(read == .desynchronised)
    #expect(bench.link.sent.count == sent)
    try await bench.client.sendSafe(unit: 1, .writeCoil(address: 3, false))
    #expect(bench.link.sent.count == sent + 1, "switching off stays possible")
    try await bench.client.resynchronise { () throws(ModbusError) in
      try await bench.client.holdingRegisters(unit: 1, 0, count: 1) == [4711]
    }
    #expect(bench.client.state == .ready)
    #expect(try await bench.client.holdingRegisters(unit: 1, 0, count: 1) == [4711])
  }

  @Test(arguments: ModbusFraming.allCases)
  func `a late answer is never taken for the next one`(_ framing: ModbusFraming) async throws {
    let bench = try ModbusBench(framing)
    bench.slave.registers = (0..<100).map { UInt16($0) }
    // Later than an answer may be, sooner than the device was ever seen to take.
    bench.link.extraDelay = .milliseconds(1500)
    let late = await bench.code { () throws(ModbusError) in
      _ = try await bench.client.holdingRegisters(unit: 1, 1, count: 1)
    }
    #expect(late == .noAnswer)
    bench.link.extraDelay = .zero
    try await bench.client.resynchronise { () throws(ModbusError) in
      try await bench.client.holdingRegisters(unit: 1, 0, count: 1) == [0]
    }
    for address in 2..<20 {
      #expect(try await bench.client.holdingRegisters(unit: 1, address, count: 1) == [UInt16(address)])
    }
    if framing == .tcp { #expect(bench.client.statistics.discarded > 0) }
  }

  @Test(arguments: ModbusFraming.allCases, [0, 1, 2, 3, 4])
  func `a damaged answer is no value`(_ framing: ModbusFraming, _ kind: Int) async throws {
    let bench = try ModbusBench(framing)
    bench.link.mangle = { bytes in
      var bytes = bytes
      switch kind {
      // Unit, function, byte count; then a bit of the data with the checksum left as it was; then one byte too few.
      case 0: bytes[framing == .rtu ? 0 : 6] ^= 2
      case 1: bytes[framing == .rtu ? 1 : 7] ^= 1
      case 2: bytes[framing == .rtu ? 2 : 8] ^= 4
      case 3: if framing == .rtu { bytes[4] ^= 1 } else { bytes[3] = 1 }
      default: bytes.removeLast()
      }
      return bytes
    }
    let code = await bench.code { () throws(ModbusError) in
      _ = try await bench.client.holdingRegisters(unit: 1, 0, count: 2)
    }
    #expect(code == .malformed || code == .noAnswer)
    #expect(bench.client.state != .ready)
  }

  @Test func `frames of a serial line are apart by the gap`() async throws {
    let bench = try ModbusBench(.rtu)
    bench.slave.delay = .microseconds(10)
    for _ in 0..<3 { _ = try await bench.client.coils(unit: 1, 0, count: 1) }
    #expect(bench.world.now - .start >= .milliseconds(2 * 1.75))
  }

  @Test func `a closed link is final`() async throws {
    let bench = try ModbusBench(.tcp)
    bench.link.cut = .closed
    for _ in 1...2 {
      let code = await bench.code { () throws(ModbusError) in
        _ = try await bench.client.coils(unit: 1, 0, count: 1)
      }
      #expect(code == .closed)
    }
  }

  @Test func `what is no request is never sent`() async throws {
    let bench = try ModbusBench(.tcp)
    let code = await bench.code { () throws(ModbusError) in
      _ = try await bench.client.holdingRegisters(unit: 1, 0, count: 126)
    }
    #expect(code == .notSent)
    #expect(bench.link.sent.isEmpty)
  }

  @Test func `the silence between frames follows the line's speed`() {
    #expect(RTUFrame.gap(baud: 9600) > 0.004 && RTUFrame.gap(baud: 9600) < 0.0041)
    #expect(RTUFrame.gap(baud: 115_200) == 0.001_75)
  }
}
