import Capabilities
import Model
import Quantities

/// The 10 kΩ, B = 3950 K thermistor of the accessory table (manual section 3.2, SPEC-ACC-01 and -02).
public enum Thermistor {
  public static let resistanceAt25 = 10_000.0
  public static let beta = 3950.0
  static let zeroCelsius = 273.15

  /// Ohms at a temperature.
  public static func ohms(celsius: Double) -> Double {
    resistanceAt25
      * DeterministicMath.exponential(beta * (1 / (celsius + zeroCelsius) - 1 / (25 + zeroCelsius)))
  }
}

extension Bench {
  /// All NTC inputs to one temperature.
  public func setThermistors(celsius: Double) async throws {
    for index in try bound(.thermistors).indices { try await setThermistor(index + 1, celsius: celsius) }
  }

  /// NTC 1 … 4 to a temperature.
  public func setThermistor(_ number: Int, celsius: Double) async throws {
    let all = try bound(.thermistors)
    guard all.indices.contains(number - 1) else { throw noThermistor(number) }
    try await setThermistor(all[number - 1], celsius: celsius)
  }

  /// The same for a simulator whose role may lack others.
  func setThermistor(_ member: Member, celsius: Double) async throws {
    guard let simulator = member.instrument as? any ThermistorSimulator else {
      throw RigFault(
        instrument: member.instrument.name, message: "its driver cannot do what role 'thermistors' needs")
    }
    try await simulator.setResistance(
      Resistance(Thermistor.ohms(celsius: celsius)), channel: member.channel)
  }

  /// What a broken sensor wire, or a shorted one, looks like to the unit.
  public func openThermistor(_ number: Int) async throws {
    let (simulator, channel) = try thermistor(number)
    try await simulator.setOpen(channel: channel)
  }

  public func shortThermistor(_ number: Int) async throws {
    let (simulator, channel) = try thermistor(number)
    try await simulator.setShort(channel: channel)
  }

  private func thermistor(_ number: Int) throws(RigFault) -> (any ThermistorSimulator, Int) {
    let all = try bound(.thermistors)
    guard all.indices.contains(number - 1),
      let simulator = all[number - 1].instrument as? any ThermistorSimulator
    else { throw noThermistor(number) }
    return (simulator, all[number - 1].channel)
  }

  private func noThermistor(_ number: Int) -> RigFault {
    RigFault(instrument: "rig", message: "role 'thermistors' has no NTC \(number)")
  }
}
