import Modbus
import Ports
import Simulation
import TestKit

/// A device with 100 registers and 16 coils, as unit 1.
final class Slave: InstrumentTwin {
  var registers = [UInt16](repeating: 0, count: 100)
  var coils = [Bool](repeating: false, count: 16)
  var heard: [ModbusRequest] = []
  /// Answers to the n-th request, counted from 0, are dropped.
  var dropped: Set<Int> = []
  var delay = Interval.milliseconds(2)
  private var intake: ModbusIntake

  init(framing: ModbusFraming?) { intake = ModbusIntake(framing: framing) }

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    intake.take(bytes, at: now).compactMap { asked in
      guard let request = asked.request else {
        return TwinReply(bytes: asked.wrapped(asked.refusal), delay: delay)
      }
      heard.append(request)
      guard asked.unit == 1, !dropped.contains(heard.count - 1) else { return nil }
      return TwinReply(bytes: asked.wrapped(answer(request)), delay: delay)
    }
  }

  private func answer(_ request: ModbusRequest) -> ModbusReply {
    let range = request.address..<(request.address + request.count)
    switch request {
    case .readCoils, .readDiscreteInputs:
      return range.upperBound <= coils.count ? .bits(Array(coils[range])) : .refused(.illegalAddress)
    case .readHoldingRegisters, .readInputRegisters:
      return range.upperBound <= registers.count
        ? .registers(Array(registers[range])) : .refused(.illegalAddress)
    case .writeCoil(let address, let on):
      guard address < coils.count else { return .refused(.illegalAddress) }
      coils[address] = on
    case .writeCoils(_, let values):
      guard range.upperBound <= coils.count else { return .refused(.illegalAddress) }
      coils.replaceSubrange(range, with: values)
    case .writeRegister(let address, let value):
      guard address < registers.count else { return .refused(.illegalAddress) }
      registers[address] = value
    case .writeRegisters(_, let values):
      guard range.upperBound <= registers.count else { return .refused(.illegalAddress) }
      registers.replaceSubrange(range, with: values)
    }
    return .done
  }
}

/// A client and a slave with a link between them.
struct ModbusBench {
  let world = ScriptedWorld()
  let slave: Slave
  let link: ScriptedLink
  let client: ModbusClient

  init(_ framing: ModbusFraming) throws {
    slave = Slave(framing: framing)
    link = try ScriptedLink(world: world, twin: slave, keepsBorders: false)
    client = ModbusClient(port: link, world: world, framing: framing)
  }

  /// The code of the error of `body`; nil when there is none.
  func code(_ body: () async throws(ModbusError) -> Void) async -> ModbusError.Code? {
    do throws(ModbusError) {
      try await body()
      return nil
    } catch { return error.code }
  }
}
