import Ports
import Quantities
import Simulation

/// An E36312A. An output wired to the short-circuit bank charges it.
///
/// Modelled: channel lists, set points with the ranges of each output, pairing of 2 and 3 (allowed with all outputs
/// off, then 3 cannot be addressed), over-voltage protection that trips and latches, an output refused while tripped,
/// gain and offset of the read-back.
///
/// Not modelled: current limiting and the time a bank takes to charge (it has its voltage at once), parallel and
/// tracking modes, output sequencing. An output that is off discharges its bank, as the fixture's bleed does.
///
/// Source: instrument model notes, section 4; open drivers of the E36300 series for pairing and protection.
final class E36312ATwin: SCPITwinBehaviour {
  let identity: String
  private let circuit: Circuit
  private let terminals: [Int: Terminal]
  private let gainError: Double
  private let offset: Double

  private struct Output {
    var volts = 0.0
    var amperes = 0.1
    var protection: Double
    var isOn = false
    var tripped = false
  }
  private var outputs: [Int: Output] = [:]
  private var isSeries = false

  static let options = [
    DriverOption(
      name: "bank-wire", meaning: "whether the output reaches the short-circuit bank",
      kind: .choice(["connected", "broken"]), defaultText: "connected")
  ]
  private let isBankConnected: Bool

  init(_ context: TwinContext) throws(OptionError) {
    isBankConnected = try Self.options[0].choice(in: context.options) == "connected"
    identity = "Keysight Technologies,E36312A,\(context.serial),2.1.1-1.0.4-1.12"
    circuit = context.circuit
    terminals = context.terminals
    var random = context.random.fork("read-back")
    // Data sheet class of the read-back: 0.04 % + 5 mV.
    gainError = random.uniform(-2e-4, 2e-4)
    offset = random.uniform(-2e-3, 2e-3)
    powerUp()
  }

  private enum Action {
    case volts, voltsRead, amperes, amperesRead, protection, protectionRead, tripped, clear
    case output, outputRead, pair, pairRead, measureVolts, measureAmperes
  }
  private static let table = SCPITable<Action>([
    ("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]", .volts),
    ("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]?", .voltsRead),
    ("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]", .amperes),
    ("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]?", .amperesRead),
    ("[SOURce:]VOLTage:PROTection", .protection), ("[SOURce:]VOLTage:PROTection?", .protectionRead),
    ("[SOURce:]VOLTage:PROTection:TRIPped?", .tripped), ("OUTPut:PROTection:CLEar", .clear),
    ("OUTPut[:STATe]", .output), ("OUTPut[:STATe]?", .outputRead), ("OUTPut:PAIR", .pair),
    ("OUTPut:PAIR?", .pairRead), ("MEASure[:SCALar]:VOLTage[:DC]?", .measureVolts),
    ("MEASure[:SCALar]:CURRent[:DC]?", .measureAmperes),
  ])

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let action = Self.table.match(unit)?.action else { return .undefinedHeader }
    switch action {
    case .pair: return pair(unit.arguments.uppercased())
    case .pairRead: return .text(isSeries ? "SER" : "OFF")
    default: break
    }
    guard let list = unit.fields.last.flatMap({ SCPIText.channelList($0) }), !list.isEmpty,
      list.allSatisfy({ addressable.contains($0) })
    else { return .outOfRange }
    let value = unit.fields.count == 2 ? unit.fields[0] : nil
    switch action {
    case .volts: return set(value, list, max: { self.voltageMax($0) }, \.volts)
    case .amperes: return set(value, list, max: { $0 == 1 ? 5.15 : 1.03 }, \.amperes)
    case .protection: return set(value, list, max: { self.voltageMax($0) * 1.1 }, \.protection)
    case .voltsRead: return numbers(list) { self.outputs[$0]!.volts }
    case .amperesRead: return numbers(list) { self.outputs[$0]!.amperes }
    case .protectionRead: return numbers(list) { self.outputs[$0]!.protection }
    case .tripped: return flags(list) { self.outputs[$0]!.tripped }
    case .outputRead: return flags(list) { self.outputs[$0]!.isOn }
    case .measureVolts: return numbers(list) { self.terminalVolts($0) * (1 + self.gainError) + self.offset }
    case .measureAmperes: return numbers(list) { _ in 0 }
    case .clear:
      for channel in list { outputs[channel]!.tripped = false }
      return .done
    case .output:
      guard let on = value.flatMap({ SCPIText.flag($0) }) else { return .dataType }
      for channel in list { outputs[channel]!.isOn = on && !outputs[channel]!.tripped }
      list.forEach(apply)
      return .done
    case .pair, .pairRead: preconditionFailure("handled above")
    }
  }

  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    unit.header.hasPrefix("MEAS")
      ? (.milliseconds(20), .milliseconds(40)) : (.milliseconds(1), .milliseconds(8))
  }

  func reset(at now: WorldInstant) { powerUp() }

  // MARK: state

  private func powerUp() {
    isSeries = false
    for channel in E36312ASettings.allChannels {
      outputs[channel] = Output(protection: channel == 1 ? 6.6 : 27.5)
    }
    E36312ASettings.allChannels.forEach(apply)
  }

  private var addressable: [Int] { isSeries ? [1, 2] : [1, 2, 3] }
  /// The programming range reaches 3 % beyond the rating.
  private func voltageMax(_ channel: Int) -> Double { channel == 1 ? 6.18 : isSeries ? 51.5 : 25.75 }

  private func pair(_ word: String) -> SCPIAnswer {
    guard ["OFF", "SER", "SERIES"].contains(word) else { return .error(-224, "Illegal parameter value") }
    guard !outputs.values.contains(where: \.isOn) else { return .settingsConflict }
    isSeries = word != "OFF"
    for channel in 2...3 { outputs[channel] = Output(protection: isSeries ? 55 : 27.5) }
    return .done
  }

  private func set(
    _ text: String?, _ list: [Int], max: (Int) -> Double, _ field: WritableKeyPath<Output, Double>
  ) -> SCPIAnswer {
    guard let value = text.flatMap({ SCPIText.number($0) }) else { return .dataType }
    guard list.allSatisfy({ (0...max($0)).contains(value) }) else { return .outOfRange }
    for channel in list { outputs[channel]![keyPath: field] = value }
    list.forEach(apply)
    return .done
  }

  private func apply(_ channel: Int) {
    if outputs[channel]!.isOn, outputs[channel]!.volts > outputs[channel]!.protection {
      outputs[channel]!.tripped = true
      outputs[channel]!.isOn = false
    }
    guard terminals[channel] == .shortBank else { return }
    circuit.setShortBank(volts: isBankConnected && outputs[channel]!.isOn ? outputs[channel]!.volts : 0)
  }

  private func terminalVolts(_ channel: Int) -> Double {
    if let terminal = terminals[channel], isBankConnected || terminal != .shortBank {
      return circuit.voltage(at: terminal)
    }
    return outputs[channel]!.isOn ? outputs[channel]!.volts : 0
  }

  private func numbers(_ list: [Int], _ value: (Int) -> Double) -> SCPIAnswer {
    .text(list.map { KeysightNumber.text(value($0)) }.joined(separator: ","))
  }
  private func flags(_ list: [Int], _ value: (Int) -> Bool) -> SCPIAnswer {
    .text(list.map { value($0) ? "1" : "0" }.joined(separator: ","))
  }
}

extension E36312ATwin: OutputReporting {
  var outputsOn: Int { outputs.values.count { $0.isOn } }
}
