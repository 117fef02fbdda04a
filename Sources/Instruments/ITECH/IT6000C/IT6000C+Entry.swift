import Capabilities
import Ports
import Quantities

extension IT6000C {
  /// What the type plate says.
  public struct Rating: Hashable, Sendable {
    public let model: String
    public let volts: Double
    public let amperes: Double
    /// Smallest programmable step; project default, no document at hand states it.
    public let voltageStep: Double
    public let currentStep: Double
  }

  /// The model's name ends in volts and amperes of its rating.
  static let ratings = [
    Rating(model: "IT6015C-80-450", volts: 80, amperes: 450, voltageStep: 0.001, currentStep: 0.01),
    Rating(model: "IT6054C-800-225", volts: 800, amperes: 225, voltageStep: 0.01, currentStep: 0.01),
    Rating(model: "IT6006C-300-75", volts: 300, amperes: 75, voltageStep: 0.01, currentStep: 0.01),
  ]

  static let ratingOption = DriverOption(
    name: "rating", meaning: "model on the type plate", kind: .choice(ratings.map(\.model)),
    defaultText: ratings[0].model)
  static let currentMaxOption = DriverOption(
    name: "current-max", meaning: "largest current the driver ever programs, both directions",
    kind: .quantity(.current, 1...450), defaultText: "350 A")
  static let complianceMaxOption = DriverOption(
    name: "compliance-max", meaning: "largest compliance voltage the driver ever programs",
    kind: .quantity(.voltage, 0.1...800), defaultText: "10 V")
  static let slewOption = DriverOption(
    name: "slew", meaning: "rate at which the current follows its set point",
    kind: .quantity(.currentRate, 1...1e6), defaultText: "350 A/ms")
  static let watchdogOption = DriverOption(
    name: "watchdog", meaning: "silence after which the instrument switches its output off by itself",
    kind: .quantity(.time, 1...6000), defaultText: "60 s")

  /// Options as numbers.
  struct Settings {
    let rating: Rating
    let currentMax: Double
    let complianceMax: Double
    /// Amperes per millisecond.
    let slew: Double
    let watchdog: Double

    init(_ options: [String: String]) throws(OptionError) {
      let model = try ratingOption.choice(in: options)
      rating = ratings.first { $0.model == model }!
      let asked = try currentMaxOption.quantity(in: options)
      // The default of 350 A belongs to the loop; a smaller model offers what it has.
      currentMax = options[currentMaxOption.name] == nil ? min(asked, rating.amperes) : asked
      complianceMax = try complianceMaxOption.quantity(in: options)
      slew = try slewOption.quantity(in: options) / 1e3
      watchdog = try watchdogOption.quantity(in: options).rounded()
      guard currentMax <= rating.amperes else {
        throw OptionError(option: "current-max", message: "\(model) has \(rating.amperes) A at most")
      }
      guard complianceMax <= rating.volts else {
        throw OptionError(option: "compliance-max", message: "\(model) has \(rating.volts) V at most")
      }
    }
  }

  static func plate(_ rating: Rating) -> ModelPlate { ModelPlate(maker: "ITECH", models: [rating.model]) }

  static var entry: DriverEntry {
    DriverEntry(
      id: "itech-it6000c", title: "ITECH IT6000C regenerative supply, current priority",
      capabilities: [.loopSource], portKinds: [.stream], channelNumbers: "1 (the one output)",
      options: [ratingOption, currentMaxOption, complianceMaxOption, slewOption, watchdogOption],
      twinOptions: TwinOptions.common + IT6000CTwin.options,
      ranges: { options throws(OptionError) in
        let settings = try Settings(options)
        return DriverRanges(
          channels: [1...1], voltage: .volts(0) ... .volts(settings.complianceMax),
          voltageResolution: .volts(settings.rating.voltageStep), currentMax: .amperes(settings.currentMax),
          currentResolution: .amperes(settings.rating.currentStep))
      },
      make: { context throws(InstrumentError) in try IT6000C(context) },
      makeTwin: { context throws(OptionError) in try IT6000CTwin.hosted(context) },
      transcripts: transcripts,
      plate: { options throws(OptionError) in
        plate(try Settings(options).rating)
      },
      // Port: the maker's default. Clients: as the IT-M3900 of the same maker (instrument model notes, section 2.2).
      connections: [.socket(port: 30_000, clients: 6), .serial(baud: 115_200)], watchdog: watchdogOption)
  }
}
