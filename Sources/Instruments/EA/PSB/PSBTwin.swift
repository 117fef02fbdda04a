import Modbus
import Ports
import Simulation

/// A PSB behind Modbus. An output wired to the short-circuit bank charges it.
///
/// Modelled: type, serial number and nominal values; set points scaled to them, refused above 102 % and without remote
/// control; the output coil; the actual voltage with a gain error; the registers between those are not there.
///
/// Not modelled: the sink side, current limiting, slew, protections and alarms, local control.
///
/// Source: instrument model notes, section 2.1; that set points need remote control, and the refusal codes, are
/// assumptions that the real supply must confirm.
final class PSBTwin: ModbusTwinBehaviour {
  private let circuit: Circuit
  private let terminal: Terminal?
  private let serial: String
  private let settings: PSBSettings
  private let gainError: Double
  private var isRemote = false
  private var isOn = false
  private var setVoltage: UInt16 = 0
  private var setCurrent: UInt16 = 0

  init(_ context: TwinContext) throws(OptionError) {
    circuit = context.circuit
    terminal = context.terminals[1]
    serial = context.serial
    settings = try PSBSettings(context.options)
    var random = context.random.fork("read-back")
    // Data sheet class of the read-back: 0.1 %.
    gainError = random.uniform(-5e-4, 5e-4)
    apply()
  }

  func latency(of request: ModbusRequest) -> (min: Interval, max: Interval) {
    (.milliseconds(5), .milliseconds(50))
  }

  func answer(_ request: ModbusRequest, isImpostor: Bool, at now: WorldInstant) -> ModbusReply {
    switch request {
    case .readHoldingRegisters(let address, let count):
      let words = (address..<(address + count)).map { register($0, isImpostor: isImpostor) }
      guard words.allSatisfy({ $0 != nil }) else { return .refused(.illegalAddress) }
      return .registers(words.map { $0! })
    case .readCoils(PSBMap.remote, 1): return .bits([isRemote])
    case .readCoils(PSBMap.output, 1): return .bits([isOn])
    case .writeCoil(PSBMap.remote, let on):
      isRemote = on
      return .done
    case .writeCoil(PSBMap.output, let on):
      // Switching off is taken from anybody.
      guard isRemote || !on else { return .refused(.illegalFunction) }
      isOn = on
      apply()
      return .done
    case .writeRegister(let address, let value): return set(address, value)
    case .readCoils, .writeCoil: return .refused(.illegalAddress)
    case .readDiscreteInputs, .readInputRegisters, .writeCoils, .writeRegisters:
      return .refused(.illegalFunction)
    }
  }

  private func set(_ address: Int, _ value: UInt16) -> ModbusReply {
    guard isRemote else { return .refused(.illegalFunction) }
    guard Double(value) <= PSBSettings.fullScale * PSBSettings.setMax else { return .refused(.illegalValue) }
    switch address {
    case PSBMap.setVoltage: setVoltage = value
    case PSBMap.setCurrent: setCurrent = value
    default: return .refused(.illegalAddress)
    }
    apply()
    return .done
  }

  private func register(_ address: Int, isImpostor: Bool) -> UInt16? {
    func part(_ words: [UInt16], _ start: Int) -> UInt16? {
      words.indices.contains(address - start) ? words[address - start] : nil
    }
    switch address {
    case PSBMap.type..<(PSBMap.type + PSBMap.textLength):
      let model = "PSB \(Int(9000 + settings.nominalVolts))-\(Int(settings.nominalAmperes))"
      return part(
        ModbusWords.registers(isImpostor ? "UNKNOWN-1" : model, count: PSBMap.textLength), PSBMap.type)
    case PSBMap.serial..<(PSBMap.serial + PSBMap.textLength):
      return part(ModbusWords.registers(serial, count: PSBMap.textLength), PSBMap.serial)
    case PSBMap.nominalVoltage...(PSBMap.nominalVoltage + 1):
      return part(
        ModbusWords.registers(Float(settings.nominalVolts), .highWordFirst), PSBMap.nominalVoltage)
    case PSBMap.nominalCurrent...(PSBMap.nominalCurrent + 1):
      return part(
        ModbusWords.registers(Float(settings.nominalAmperes), .highWordFirst), PSBMap.nominalCurrent)
    case PSBMap.setVoltage: return setVoltage
    case PSBMap.setCurrent: return setCurrent
    case PSBMap.actualVoltage:
      let volts = max(0, terminalVolts * (1 + gainError))
      return PSBSettings.raw(min(volts, settings.nominalVolts * 1.2), nominal: settings.nominalVolts)
    default: return nil
    }
  }

  private var programmed: Double {
    isOn ? PSBSettings.value(setVoltage, nominal: settings.nominalVolts) : 0
  }

  private var terminalVolts: Double {
    terminal == .shortBank ? circuit.voltage(at: .shortBank) : programmed
  }

  private func apply() {
    if terminal == .shortBank { circuit.setShortBank(volts: programmed) }
  }
}

extension PSBTwin: OutputReporting {
  var outputsOn: Int { isOn ? 1 : 0 }
}
