import Quantities

/// What the rig file says about a decade. The default limits are project defaults; the data sheet of the unit decides.
struct M642Settings: Hashable {
  static let minimum = DriverOption(
    name: "minimum", meaning: "lowest resistance of this decade, from its data sheet",
    kind: .quantity(.resistance, 0.1...1000), defaultText: "1 Ω")
  static let maximum = DriverOption(
    name: "maximum", meaning: "highest resistance of this decade, from its data sheet",
    kind: .quantity(.resistance, 1000...100e6), defaultText: "1.2 MΩ")
  static let short = DriverOption(
    name: "short", meaning: "what stands for a shorted sensor: 'refuse', or the 'lowest' resistance",
    kind: .choice(["refuse", "lowest"]), defaultText: "refuse")
  static var options: [DriverOption] { [minimum, maximum, short] }

  let range: ClosedRange<Resistance>
  let lowestStandsForShort: Bool

  init(_ given: [String: String]) throws(OptionError) {
    let low = try Self.minimum.quantity(in: given)
    let high = try Self.maximum.quantity(in: given)
    guard low < high else {
      throw OptionError(option: Self.minimum.name, message: "is not below '\(Self.maximum.name)'")
    }
    range = .ohms(low) ... .ohms(high)
    lowestStandsForShort = try Self.short.choice(in: given) == "lowest"
  }

  /// Ohms and part of the value that the read-back may differ by: the decade stores six digits.
  static let step = 0.001
  static let stepPart = 1e-5
}
