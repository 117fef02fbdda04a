import Capabilities
import Model
import Ports
import Quantities

/// The rule of the two independent channels for the NTC simulators.
///
/// An ohmmeter cannot read a resistor that the unit drives a current through, so a relay changes all simulators over to
/// the ohmmeter and gives the unit fixed 10 kΩ (25 °C) meanwhile. The unit notices nothing as long as this is done at
/// 25 °C, hence before and after a temperature step, never in it.
extension Bench {
  /// Bounce of the changeover and settling of the ohmmeter's leads.
  static let thermistorSettling = Interval.milliseconds(20)
  /// Ohms above which a channel is open.
  private static let openCircuit = 1e8

  /// The relay brings every simulator to a channel of the ohmmeter.
  var canAskOhmmeter: Bool {
    has(.thermistors) && has(.thermistorReference) && has(.thermistorCheck)
  }

  public var canWitnessThermistors: Bool {
    canAskOhmmeter
      && uncertainty(.thermistorReference, "resistance", at: 1) != nil
      && uncertainty(.thermistors, "resistance", at: 1) != nil
  }

  /// Sets every simulator to each of `celsius` and reads it with the ohmmeter; leaves all at 25 °C with the unit.
  ///
  /// - Precondition: The unit's inputs are at 25 °C, or the unit is not powered.
  /// - Returns: Largest relative difference; nil when the rig has no second channel.
  /// - Throws: `RigFault` naming the simulator, or the ohmmeter when it disagrees with all of them.
  @discardableResult
  public func witnessThermistors(celsius: [Double]) async throws -> Double? {
    guard canWitnessThermistors else { return nil }
    try await setLine(.thermistorCheck, active: true)
    try await world.sleep(for: Self.thermistorSettling)
    var worst = 0.0
    for temperature in celsius {
      try await setThermistors(celsius: temperature)
      worst = max(worst, try await compareThermistors(celsius: temperature))
    }
    if celsius.last != 25 { try await setThermistors(celsius: 25) }
    try await setLine(.thermistorCheck, active: false)
    try await world.sleep(for: Self.thermistorSettling)
    let after = try await thermistorReadings()
    if let index = after.firstIndex(where: { $0 < Self.openCircuit }) {
      throw RigFault(
        instrument: instrumentNames(.thermistorCheck).joined(separator: ", "),
        message: "the ohmmeter still reads \(Resistance(after[index])) on NTC \(index + 1) although "
          + "'thermistor-check' was released: the unit is not connected to the simulators. Check the relay")
    }
    return worst
  }

  /// Part of its resistance by which a simulator may be off and still stand for a temperature: about 2 °C. Here its
  /// place counts, not how exact it is.
  private static let placePart = 0.1

  /// What the ohmmeter says of simulators that were just set; the unit sees 25 °C meanwhile. Gives them back to it.
  ///
  /// - Returns: In words, which of them stand elsewhere; empty when none does.
  /// - Throws: When the ohmmeter cannot say: it does not answer, or the relay did not bring the simulators to it.
  func straysFrom(celsius: Double) async throws -> String {
    let wanted = Thermistor.ohms(celsius: celsius)
    try await setLine(.thermistorCheck, active: true)
    let readings: [Double]
    do {
      try await world.sleep(for: Self.thermistorSettling)
      readings = try await thermistorReadings()
    } catch {
      try await setLine(.thermistorCheck, active: false)
      throw error
    }
    try await setLine(.thermistorCheck, active: false)
    guard readings.contains(where: { $0 < Self.openCircuit }) else {
      throw RigFault(
        instrument: instrumentNames(.thermistorCheck).joined(separator: ", "),
        message: "the ohmmeter reads all NTC channels open although 'thermistor-check' was active")
    }
    let strays = readings.indices.filter { (readings[$0] - wanted).magnitude > Self.placePart * wanted }
    return strays.map { index in
      let found = readings[index] < Self.openCircuit ? "\(Resistance(readings[index]))" : "open"
      return "NTC \(index + 1): \(Resistance(wanted)) were set, the ohmmeter reads \(found)"
    }.joined(separator: "; ")
  }

  private func compareThermistors(celsius: Double) async throws -> Double {
    let wanted = Thermistor.ohms(celsius: celsius)
    let simulators = try bound(.thermistors)
    var differences = try await thermistorReadings().map { ($0 - wanted) / wanted }
    guard differences.contains(where: { $0 * wanted < Self.openCircuit }) else {
      throw RigFault(
        instrument: (instrumentNames(.thermistorCheck) + instrumentNames(.thermistorReference))
          .joined(separator: " or "),
        message:
          "the ohmmeter reads all NTC channels open although 'thermistor-check' is active. Check the relay")
    }
    // A pause of the simulator's relays may fall into the first look.
    if wrongThermistors(differences, at: wanted).isEmpty == false {
      try await world.sleep(for: Self.thermistorSettling)
      differences = try await thermistorReadings().map { ($0 - wanted) / wanted }
    }
    let wrong = wrongThermistors(differences, at: wanted)
    guard let first = wrong.first else { return differences.map(\.magnitude).max() ?? 0 }
    let text =
      "NTC \(first + 1) at \(DecimalText.fixed(celsius, decimals: 0)) °C: \(Resistance(wanted)) were set, the ohmmeter "
      + "reads \(Resistance(wanted * (1 + differences[first]))); they may differ by "
      + "\(Resistance(thermistorAllowed(first, at: wanted)))"
    if wrong.count == simulators.count {
      throw RigFault(
        instrument: instrumentNames(.thermistorReference).joined(separator: ", "),
        message: text + ". It disagrees with all simulators in the same way")
    }
    let names = wrong.map { simulators[$0].instrument.name } + instrumentNames(.thermistorReference)
    throw RigFault(
      instrument: names.joined(separator: " or "),
      message: text + ". The other simulators read right, so it is this one or its channel of the ohmmeter")
  }

  private func wrongThermistors(_ differences: [Double], at ohms: Double) -> [Int] {
    differences.indices.filter {
      !(differences[$0].magnitude * ohms <= thermistorAllowed($0, at: ohms))
    }
  }

  /// Ohms by which the simulator and the ohmmeter may differ: both uncertainties together.
  private func thermistorAllowed(_ index: Int, at ohms: Double) -> Double {
    (uncertainty(.thermistors, "resistance", at: ohms, member: index) ?? 0)
      + (uncertainty(.thermistorReference, "resistance", at: ohms, member: index) ?? 0)
  }

  /// Ohms of NTC 1 … 4 as the ohmmeter reads them; 9.9E37 is open.
  private func thermistorReadings() async throws -> [Double] {
    let all = try bound(.thermistorReference)
    guard let meter = all[0].instrument as? any Ohmmeter, all.allSatisfy({ $0.instrument === meter }) else {
      throw RigFault(
        instrument: all[0].instrument.name,
        message: "role 'thermistor-reference' needs four channels of one ohmmeter")
    }
    let readings = try await meter.measureResistances(channels: all.map(\.channel))
    guard readings.count == all.count else {
      throw RigFault(
        instrument: meter.name, message: "answered \(readings.count) readings for \(all.count) channels")
    }
    for (index, reading) in readings.enumerated() where !reading.value.isFinite {
      throw RigFault(instrument: meter.name, message: "NTC \(index + 1) gave no reading")
    }
    return readings.map(\.value)
  }
}
