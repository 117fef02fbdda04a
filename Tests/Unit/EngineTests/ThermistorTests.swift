import Engine
import Testing

@testable import Engine

@Suite struct `The thermistor of the accessory table` {
  /// Ohms by temperature, computed from 10 kΩ at 25 °C and B = 3950 K and rounded to whole ohms (manual section 3.2).
  static let table: [(celsius: Double, ohms: Double)] = [
    (-40, 401_860), (-20, 105_385), (-10, 58_246), (-5, 44_026), (-2, 37_405), (0, 33_621), (2, 30_266),
    (20, 12_535),
    (25, 10_000), (30, 8_037), (50, 3_588), (60, 2_486), (80, 1_270),
  ]

  @Test(arguments: table) func `has the published resistance`(_ celsius: Double, _ ohms: Double) {
    #expect((Thermistor.ohms(celsius: celsius) - ohms).magnitude <= 0.51)
  }

  @Test func `falls steadily with temperature`() {
    let ohms = stride(from: -40.0, through: 120, by: 0.5).map { Thermistor.ohms(celsius: $0) }
    #expect(zip(ohms, ohms.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func `at every temperature of a ladder gives four inputs the same ohms`() async throws {
    let scripted = ScriptedBench()
    try await scripted.bench.setThermistors(celsius: 60)
    for channel in 1...4 { #expect(scripted.plant.ohms[channel] == Thermistor.ohms(celsius: 60)) }
    try await scripted.bench.setThermistor(3, celsius: 25)
    #expect(scripted.plant.ohms[3] == 10_000)
    await #expect(throws: RigFault.self) { try await scripted.bench.setThermistor(5, celsius: 25) }
  }
}
