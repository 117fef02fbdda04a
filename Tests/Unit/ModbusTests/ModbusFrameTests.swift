import Modbus
import Ports
import Simulation
import Testing

/// Frames as third-party libraries make them (instrument protocol notes, section 14), and what is no frame.
@Suite struct ModbusFrameTests {
  private func hex(_ bytes: [UInt8]) -> String { HexText.spaced(bytes).uppercased() }

  @Test func `requests are spelled as others spell them`() {
    let read = ModbusRequest.readHoldingRegisters(address: 6, count: 2)
    #expect(hex(RTUFrame.bytes(unit: 1, read.bytes)) == "01 03 00 06 00 02 24 0A")
    #expect(hex(TCPFrame.bytes(transaction: 1, unit: 1, read.bytes)) == "00 01 00 00 00 06 01 03 00 06 00 02")
    let on = ModbusRequest.writeRegisters(address: 20, ModbusWords.registers(UInt32(1), .lowWordFirst))
    #expect(hex(RTUFrame.bytes(unit: 1, on.bytes)) == "01 10 00 14 00 02 04 00 01 00 00 A2 90")
    let remote = ModbusRequest.writeCoil(address: 402, true)
    #expect(hex(RTUFrame.bytes(unit: 0, remote.bytes)) == "00 05 01 92 FF 00 2D FA")
    let refusal = ModbusReply.refused(.illegalAddress)
    #expect(hex(RTUFrame.bytes(unit: 1, refusal.bytes(to: read))) == "01 83 02 C0 F1")
  }

  @Test func `numbers over two registers follow the model's word order`() {
    #expect(ModbusWords.registers(Float(3.3), .highWordFirst) == [0x4053, 0x3333])
    #expect(ModbusWords.registers(Float(3.3), .lowWordFirst) == [0x3333, 0x4053])
    #expect(ModbusWords.registers(UInt32(0x1234_5678), .lowWordFirst) == [0x5678, 0x1234])
    for order in ModbusWordOrder.allCases {
      let words = ModbusWords.registers(Int32(-70_000), order)
      #expect(ModbusWords.signed((words[0], words[1]), order) == -70_000)
    }
    #expect(ModbusWords.text(ModbusWords.registers("PSB 9060", count: 20)) == "PSB 9060")
  }

  @Test func `every request and answer reads back as it was`() throws {
    let requests: [ModbusRequest] = [
      .readCoils(address: 0, count: 2000), .readDiscreteInputs(address: 65_535, count: 1),
      .readHoldingRegisters(address: 7, count: 125), .readInputRegisters(address: 1, count: 1),
      .writeCoil(address: 402, true), .writeCoil(address: 402, false), .writeRegister(address: 500, 52_428),
      .writeCoils(address: 3, [true, false, true, true, false, false, true, false, true]),
      .writeRegisters(address: 20, [1, 0, 65_535]),
    ]
    for request in requests {
      #expect(ModbusRequest(bytes: request.bytes) == request)
      let reply: ModbusReply =
        switch request.function {
        case 1, 2: .bits((0..<request.count).map { $0 % 3 == 0 })
        case 3, 4: .registers((0..<request.count).map { UInt16($0) })
        default: .done
        }
      #expect(try ModbusReply(bytes: reply.bytes(to: request), to: request) == reply)
      let refused = ModbusReply.refused(.busy)
      #expect(try ModbusReply(bytes: refused.bytes(to: request), to: request) == refused)
    }
  }

  @Test(arguments: [
    ModbusRequest.readHoldingRegisters(address: 0, count: 0), .readHoldingRegisters(address: 0, count: 126),
    .readCoils(address: 0, count: 2001), .writeRegisters(address: 0, []),
    .writeRegisters(address: 65_535, [1, 2]), .writeRegister(address: -1, 0),
    .writeRegister(address: 65_536, 0),
  ]) func `what the protocol has not is refused with a reason`(_ request: ModbusRequest) {
    #expect(request.problem != nil)
  }

  @Test(
    arguments: [
      // Another function, another count, another echo, a cut answer, a refusal of the wrong length, nothing.
      [0x04, 0x04, 0, 1, 0, 2], [0x03, 0x02, 0, 1], [0x03, 0x04, 0, 1], [0x03, 0x06, 0, 1, 0, 2, 0, 3],
      [0x83],
      [0x83, 2, 0], [0x84, 2], [0x03], [],
    ] as [[UInt8]]) func `what is no answer is not taken for one`(_ bytes: [UInt8])
  {
    #expect(throws: ModbusReplyProblem.self) {
      try ModbusReply(bytes: bytes, to: .readHoldingRegisters(address: 6, count: 2))
    }
  }

  @Test func `a write is proven by its whole echo`() {
    let request = ModbusRequest.writeRegisters(address: 20, [1, 2])
    for wrong in [[16, 0, 20, 0, 1], [16, 0, 21, 0, 2], [16, 0, 20, 0], [6, 0, 20, 0, 2]] as [[UInt8]] {
      #expect(throws: ModbusReplyProblem.self) { try ModbusReply(bytes: wrong, to: request) }
    }
  }

  @Test func `no bytes stop a reader`() throws {
    var dice = SeededRandom(seed: 3)
    let requests: [ModbusRequest] = [
      .readCoils(address: 0, count: 9), .readHoldingRegisters(address: 6, count: 2),
      .writeCoil(address: 1, true),
      .writeRegisters(address: 1, [1, 2, 3]),
    ]
    for round in 0..<20_000 {
      var bytes = (0..<Int(dice.next() % 24)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
      // Half of them begin like frames.
      if round % 2 == 0, bytes.count > 8 { bytes.replaceSubrange(1..<6, with: [16, 0, 0, 0, 6]) }
      _ = ModbusRequest(bytes: bytes)
      for request in requests {
        _ = try? ModbusReply(bytes: bytes, to: request)
        _ = RTUFrame.answerLength(bytes, to: request)
      }
      var rest = bytes
      while (try? TCPFrame.take(from: &rest)) != nil {}
      var intake = ModbusIntake(framing: [nil, .rtu, .tcp][round % 3])
      _ = intake.take(bytes, at: .start)
      _ = intake.take(bytes, at: .start + .seconds(1))
    }
  }

  @Test(arguments: ModbusFraming.allCases, [1, 3, 300])
  func `a slave finds every request in pieces of any size`(
    _ framing: ModbusFraming, _ size: Int
  ) {
    let requests: [ModbusRequest] = [
      .readHoldingRegisters(address: 0, count: 2), .writeRegisters(address: 20, [7, 8, 9]),
      .writeCoil(address: 402, true), .writeCoils(address: 0, [true, true]),
    ]
    let stream = requests.enumerated().flatMap { index, request in
      framing == .rtu
        ? RTUFrame.bytes(unit: 1, request.bytes)
        : TCPFrame.bytes(transaction: UInt16(index), unit: 1, request.bytes)
    }
    for given in [framing, nil] as [ModbusFraming?] {
      var intake = ModbusIntake(framing: given)
      var found: [ModbusRequest?] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        let piece = Array(stream[start..<min(start + size, stream.count)])
        found += intake.take(piece, at: .start).map(\.request)
      }
      #expect(found == requests, "\(String(describing: given))")
    }
  }

  @Test func `an unknown function is refused as such`() {
    var intake = ModbusIntake(framing: .rtu)
    let asked = intake.take(RTUFrame.bytes(unit: 1, [0x2B, 14, 1, 0]), at: .start)
    #expect(asked.count == 1)
    #expect(asked.first?.request == nil)
    #expect(asked.first?.refusal == [0xAB, 1])
  }

  @Test func `after a pause a torn frame is forgotten`() {
    let whole = RTUFrame.bytes(unit: 1, ModbusRequest.readCoils(address: 0, count: 1).bytes)
    var intake = ModbusIntake(framing: .rtu)
    #expect(intake.take(Array(whole.prefix(3)), at: .start).isEmpty)
    #expect(intake.take(whole, at: .start + .seconds(1)).count == 1)
  }
}
