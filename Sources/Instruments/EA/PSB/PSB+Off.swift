import Capabilities
import Modbus

extension PSB: OffSwitch {
  /// Modbus answers everything, so the switching itself is a question whose answer repeats it.
  var off: OffWire {
    func frame(_ number: UInt16, _ body: [UInt8]) -> [UInt8] {
      session.client.framing == .rtu
        ? RTUFrame.bytes(unit: session.unit, body)
        : TCPFrame.bytes(transaction: number, unit: session.unit, body)
    }
    let write = frame(1, ModbusRequest.writeCoil(address: PSBMap.output, false).bytes)
    let read = ModbusRequest.readCoils(address: PSBMap.output, count: 1)
    return OffWire(
      messages: [],
      proofs: [
        .init(question: write, answer: .exactly(write)),
        // One byte of coils, none of them set.
        .init(question: frame(2, read.bytes), answer: .exactly(frame(2, [read.function, 1, 0]))),
      ], gap: session.client.timing.gap)
  }

  func sendOff() async throws(InstrumentError) {
    try await session.ask { (client, unit) async throws(ModbusError) in
      try await client.sendSafe(unit: unit, .writeCoil(address: PSBMap.output, false))
    }
  }
}
