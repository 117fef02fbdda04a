import Quantities
import Testing

@Suite struct QuantityTextTests {
  @Test(arguments: [
    ("3.65 V", Dimension.voltage, 3.65), ("5 mV", .voltage, 0.005), ("-120 A", .current, -120),
    ("−2 °C", .temperature, -2), ("0.5 °C/s", .temperatureRate, 0.5), ("10 kΩ", .resistance, 10_000),
    ("500us", .time, 500e-6), ("5 %", .ratio, 0.05), ("24", .count, 24), ("1e-3 V", .voltage, 0.001),
    ("2 Ah", .charge, 7200), ("80 %RH", .humidity, 0.8),
  ])
  func `text becomes base units`(text: String, dimension: Dimension, base: Double) throws {
    #expect(try AnyQuantity(parsing: text, as: dimension).base == base)
  }

  @Test(arguments: ["5 mV", "5", "A", "", "nan A", "inf A", "5 parsec", "5 A A", "1e999 A"])
  func `what is not a current is refused with a way out`(text: String) {
    let error = #expect(throws: QuantityError.self) { try AnyQuantity(parsing: text, as: .current) }
    #expect(error?.suggestion.contains("A") == true)
  }

  @Test func `the message names both dimensions`() {
    let error = #expect(throws: QuantityError.self) { try AnyQuantity(parsing: "5 mV", as: .current) }
    #expect(error?.message == "'5 mV' is a voltage, expected a current")
  }

  @Test func `values print in the unit people read`() {
    #expect(Voltage.millivolts(3.2).description == "3.2 mV")
    #expect(Voltage(3.65).description == "3.65 V")
    #expect(AnyQuantity(0.00072, .resistance).description == "0.72 mΩ")
    #expect(AnyQuantity(45e-6, .time).description == "45 µs")
    #expect(AnyQuantity(.nan, .voltage).description == "not a number V")
    #expect(
      AnyQuantity(-0.0001, .temperature).formatted(in: Dimension.temperature.baseUnit, decimals: 2)
        == "0.00 °C")
  }
}
