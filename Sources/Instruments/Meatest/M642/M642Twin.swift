import Ports
import Quantities
import Simulation

/// A Meatest M642, bound to one thermistor input of the unit.
///
/// Modelled: value kept while the output is off, open terminals while off, gain error, Boolean replies as 0 and 1,
/// an error queue.
///
/// Not modelled: intermediate values while relays switch, power and voltage limits, sensor simulation modes.
///
/// Source: instrument model notes, section 7; Meatest decade manuals, chapter on remote control.
final class M642Twin: SCPITwinBehaviour {
  let identity: String
  private let circuit: Circuit
  private let input: Int?
  private let range: ClosedRange<Resistance>
  /// Data sheet class 0.02 %.
  private let gainError: Double
  private let valueError: Double
  private let errorBelow: Double
  private let driftPerMinute: Double
  private var ohms = 1000.0
  private var isOn = false

  static let options = [
    DriverOption(
      name: "value-error", meaning: "part of the value that the simulated output is off",
      kind: .quantity(.ratio, -0.99...10), defaultText: "0 %"),
    DriverOption(
      name: "error-below", meaning: "values below which 'value-error' holds",
      kind: .quantity(.resistance, 0...1e9), defaultText: "10 MΩ"),
    DriverOption(
      name: "drift-per-minute", meaning: "part of the value that is added to it in every minute of the run",
      kind: .quantity(.ratio, -0.1...0.1), defaultText: "0 %"),
  ]

  init(_ context: TwinContext) throws(OptionError) {
    identity = "MEATEST,M642,\(context.serial),1.00"
    circuit = context.circuit
    if case .thermistor(let n) = context.terminals[1] { input = n } else { input = nil }
    range = try M642Settings(context.options).range
    var random = context.random.fork("value")
    gainError = random.uniform(-1e-4, 1e-4)
    valueError = try Self.options[0].quantity(in: context.options)
    errorBelow = try Self.options[1].quantity(in: context.options)
    driftPerMinute = try Self.options[2].quantity(in: context.options)
    apply()
  }

  private enum Action { case value, valueRead, output, outputRead }
  private static let table = SCPITable<Action>([
    ("[SOURce:]RESistance", .value), ("[SOURce:]RESistance?", .valueRead), ("OUTPut[:STATe]", .output),
    ("OUTPut[:STATe]?", .outputRead),
  ])

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let action = Self.table.match(unit)?.action else { return .undefinedHeader }
    switch action {
    case .value:
      guard let value = unit.number else { return .dataType }
      guard range.contains(.ohms(value)) else { return .outOfRange }
      ohms = value
      apply()
      return .done
    case .valueRead: return .text(DecimalText.fixed(ohms, decimals: 3))
    case .output:
      guard let on = unit.flag else { return .dataType }
      isOn = on
      apply()
      return .done
    case .outputRead: return .text(isOn ? "1" : "0")
    }
  }

  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    unit.isQuery ? (.milliseconds(2), .milliseconds(10)) : (.milliseconds(5), .milliseconds(15))
  }

  func reset(at now: WorldInstant) {
    ohms = 1000
    isOn = false
    apply()
  }

  private func apply() {
    guard let input else { return }
    let drift = driftPerMinute * (circuit.now - .start).seconds / 60
    let error = gainError + drift + (ohms < errorBelow ? valueError : 0)
    circuit.setThermistor(input, ohms: isOn ? ohms * (1 + error) : .infinity)
  }
}
