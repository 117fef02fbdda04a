import Capabilities
import Ports
import Quantities

extension N83624 {
  static let rangeOption = DriverOption(
    name: "range", meaning: "variant on the type plate: 06-05 is 6 V / 5 A, 06-10 is 6 V / 10 A",
    kind: .choice(["06-05", "06-10"]), defaultText: "06-05")
  /// Default: the field driver's recommendation for TCP (instrument model notes, section 1.1).
  static let gapOption = DriverOption(
    name: "gap", meaning: "shortest pause between two commands",
    kind: .quantity(.time, 0.02...2), defaultText: "250 ms")

  static func currentMaxAmperes(_ options: [String: String]) throws(OptionError) -> Double {
    try rangeOption.choice(in: options) == "06-10" ? 10 : 5
  }

  /// The third field is reserved and always 0 (SCPI guide V20240130).
  static let plate = ModelPlate(maker: "NGI", models: ["N83624"], reportsSerial: false)

  static var entry: DriverEntry {
    DriverEntry(
      id: "ngi-n83624", title: "NGI N83624 battery simulator, 24 channels", capabilities: [.cellEmulator],
      portKinds: [.stream], channelNumbers: "1 to 24, as printed on the rear panel",
      options: [rangeOption, gapOption], twinOptions: TwinOptions.common + N83624Twin.options,
      ranges: { options throws(OptionError) in
        _ = try gapOption.interval(in: options)
        return DriverRanges(
          channels: [1...24], voltage: .volts(0) ... .volts(6), voltageResolution: .millivolts(0.1),
          currentMax: .amperes(try currentMaxAmperes(options)), currentResolution: .milliamperes(0.1))
      },
      make: { context throws(InstrumentError) in try N83624(context) },
      makeTwin: { context throws(OptionError) in try N83624Twin.hosted(context) },
      transcripts: transcripts, plate: { _ in plate },
      // Port and rate: instrument model notes, section 1.1. One client: project default, the guide does not say.
      connections: [.socket(port: 7000, clients: 1), .serial(baud: 115_200)])
  }
}
