import Capabilities
import Modbus
import Ports

/// Modbus in the style of JK: each value by a request of its own, since addresses count bytes and lengths registers.
final class JKSpeaker: SerialSpeaker {
  private let client: ModbusClient
  private let world: any World
  private let unit: UInt8

  init(port: any StreamPort, world: any World, unit: UInt8) {
    self.world = world
    self.unit = unit
    var timing = ModbusClient.Timing()
    timing.answerWithin = .milliseconds(300)
    timing.latest = .milliseconds(500)
    timing.gap = .seconds(RTUFrame.gap(baud: JKModbus.baud))
    client = ModbusClient(port: port, world: world, framing: .rtu, timing: timing)
  }

  func close() { client.close() }

  func ask(deadline: WorldInstant) async throws(SerialFailure) -> UnitBroadcast {
    do throws(ModbusError) {
      if case .desynchronised = client.state { try await resynchronise() }
      let volts = try await words(JKModbus.packVoltage)
      let amperes = try await words(JKModbus.current)
      let first = try await words(JKModbus.temperature1)
      let second = try await words(JKModbus.temperature2)
      let charge = try await words(JKModbus.charge)
      func celsius(_ words: [UInt16]) -> Double { Double(Int16(bitPattern: words[0])) / 10 }
      var told = UnitBroadcast(
        at: world.now,
        packVoltage: Double(ModbusWords.unsigned((volts[0], volts[1]), .highWordFirst)) / 1e3,
        steps: .init(voltage: JKModbus.voltageStep, current: JKModbus.currentStep))
      told.packCurrent = Double(ModbusWords.signed((amperes[0], amperes[1]), .highWordFirst)) / 1e3
      told.temperatures = [celsius(first), celsius(second)]
      told.stateOfCharge = Double(charge[0] & 0xFF) / 100
      return told
    } catch {
      switch error.code {
      case .noAnswer, .malformed, .refused, .desynchronised, .notSent: throw .nothing(error.cause)
      case .closed: throw .adapter(error.description)
      case .stopped: throw .stopped(error.cause)
      }
    }
  }

  private func words(_ field: JKModbus.Field) async throws(ModbusError) -> [UInt16] {
    try await client.holdingRegisters(unit: unit, field.address, count: field.count)
  }

  /// A pack has volts whatever it measures, so any good answer proves that question and answer match: a late one
  /// would have another length or come into the silence before.
  private func resynchronise() async throws(ModbusError) {
    let (client, unit) = (client, unit)
    try await client.resynchronise { () async throws(ModbusError) in
      let field = JKModbus.packVoltage
      return try await client.holdingRegisters(unit: unit, field.address, count: field.count).count
        == field.count
    }
  }
}
