import Engine
import Testing

@testable import DUT

@Suite("Thermistor", .enabled(if: Spice.isInstalled, "ngspice is not installed; 'make physics' installs it"))
struct ThermistorPhysics {
  /// 3.3 V over 10 kΩ into a 10 kΩ, B = 3950 K thermistor behind two wires of 0.1 Ω. The unit's real divider is
  /// unknown; the ratio of a divider only has to give back the resistance.
  private func netlist(celsius: Double) -> String {
    """
    V1 ref 0 3.3
    R1 ref in 10k
    R2 in hot 0.1
    R3 cold 0 0.1
    R4 hot cold {10k * exp(3950 * (1 / (\(celsius) + 273.15) - 1 / 298.15))}
    """
  }

  @Test func `the unit's reading and the rig's resistances agree with a divider`() throws {
    var reading = Comparison(
      "temperature the unit reads", unit: "°C", bound: 0.03,
      "0.2 Ω of wire is 0.01 K at 100 °C; the rig declares 0.06 °C")
    var ohms = Comparison(
      "resistance of the rig's thermistor", unit: "Ω/Ω", bound: 0.001,
      "the wires' 0.2 Ω against 700 Ω; the decade declares 0.1 %")
    for celsius in stride(from: -40.0, through: 100, by: 5) {
      let volts = try Spice.operatingPoint(netlist(celsius: celsius), ["v(in)"])[0]
      let seen = 10_000 * volts / (3.3 - volts)
      let place = "\(celsius) °C"
      reading.add(
        place, ours: ThermistorCurve.temperature(ohms: Thermistor.ohms(celsius: celsius)), spice: celsius)
      reading.add(
        "\(place), through the wires", ours: ThermistorCurve.temperature(ohms: seen), spice: celsius)
      ohms.add(place, ours: Thermistor.ohms(celsius: celsius) / seen, spice: 1)
    }
    try Comparison.report("Thermistor divider", [reading, ohms])
  }
}
