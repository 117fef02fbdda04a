/// How the outputs of the E36312A are wired together, and what they can do then.
struct E36312ASettings: Hashable {
  enum Pairing: String, CaseIterable {
    case off, series
    /// As `OUTP:PAIR?` answers.
    var reply: String { self == .off ? "OFF" : "SER" }
  }

  static let pairingOption = DriverOption(
    name: "pairing", meaning: "'series' joins outputs 2 and 3 inside the instrument: output 2 reaches 50 V",
    kind: .choice(Pairing.allCases.map(\.rawValue)), defaultText: Pairing.off.rawValue)
  static var options: [DriverOption] { [pairingOption] }
  static let allChannels = 1...3

  let pairing: Pairing

  init(_ given: [String: String]) throws(OptionError) {
    pairing = Pairing(rawValue: try Self.pairingOption.choice(in: given))!
  }

  /// Outputs that can be addressed.
  var channels: [Int] { pairing == .series ? [1, 2] : [1, 2, 3] }

  /// Ratings in volts and amperes; the few per cent above them that the instrument accepts are not used.
  func voltageMax(_ channel: Int) -> Double { channel == 1 ? 6 : pairing == .series ? 50 : 25 }
  func currentMax(_ channel: Int) -> Double { channel == 1 ? 5 : 1 }

  /// Over-voltage protection for a set point: a tenth and half a volt above it, at most a tenth above the rating.
  func protection(_ channel: Int, voltage: Double) -> Double {
    min(voltage * 1.1 + 0.5, voltageMax(channel) * 1.1)
  }

  /// Set points step in about 1 mV and 0.1 mA; a stored value may be off by one step.
  static let readBackTolerance = 0.002
}
