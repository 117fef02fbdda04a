import Ports

/// How the rig file wants the DAQ970A to measure.
struct DAQ970ASettings: Hashable {
  /// As the command takes it, and as a number of mains periods.
  let powerLineCyclesText: String
  let powerLineCycles: Double
  /// Hertz.
  let lineFrequency: Double
  /// By slot 1 … 3.
  let ranges: [DAQ970ARange]

  static let integration = DriverOption(
    name: "nplc", meaning: "integration time of each reading in mains periods",
    kind: .choice(["0.02", "0.2", "1", "2", "10", "20", "100", "200"]), defaultText: "1")
  static let frequency = DriverOption(
    name: "line-frequency", meaning: "mains frequency, for the duration of a scan",
    kind: .choice(["50 Hz", "60 Hz"]), defaultText: "50 Hz")
  static let slotRanges = DAQ970AChannels.slots.map { slot in
    DriverOption(
      name: "range-slot-\(slot)", meaning: "measuring range of all channels in slot \(slot)",
      kind: .choice(DAQ970ARange.allCases.map(\.text)), defaultText: DAQ970ARange.automatic.text)
  }
  static var options: [DriverOption] { [integration, frequency] + slotRanges }

  init(_ given: [String: String]) throws(OptionError) {
    powerLineCyclesText = try Self.integration.choice(in: given)
    powerLineCycles = SCPIText.number(powerLineCyclesText)!
    lineFrequency = try Self.frequency.choice(in: given) == "60 Hz" ? 60 : 50
    var ranges: [DAQ970ARange] = []
    for option in Self.slotRanges {
      let text = try option.choice(in: given)
      ranges.append(DAQ970ARange.allCases.first { $0.text == text }!)
    }
    self.ranges = ranges
  }

  func range(of channel: Int) -> DAQ970ARange { ranges[channel / 100 - 1] }

  /// Seconds of one conversion: with automatic zero, which is on from one mains period upward, every reading
  /// integrates twice.
  static func conversionTime(powerLineCycles: Double, lineFrequency: Double) -> Double {
    powerLineCycles / lineFrequency * (powerLineCycles >= 1 ? 2 : 1)
  }

  /// Longest time of one relay change with its settling.
  /// Source: instrument model notes, section 10 gives 2 to 5 ms.
  static let relayTimeMax = 0.005
  /// Conversions that automatic ranging may need before the one that counts.
  static let rangingConversions = 3.0
  /// Time that a link and a busy instrument may add.
  static let margin = Interval.seconds(1)

  /// When a scan that still runs will not end well any more.
  func scanDeadline(_ channels: [Int]) -> Interval {
    let conversion = Self.conversionTime(powerLineCycles: powerLineCycles, lineFrequency: lineFrequency)
    var seconds = 0.0
    for channel in channels {
      let conversions = range(of: channel) == .automatic ? 1 + Self.rangingConversions : 1
      seconds += conversion * conversions + Self.relayTimeMax
    }
    return .seconds(seconds * 1.5) + Self.margin
  }
}

extension DAQ970ARange {
  /// As a rig file writes it.
  var text: String {
    switch self {
    case .automatic: "auto"
    case .millivolts100: "100 mV"
    case .volts1: "1 V"
    case .volts10: "10 V"
    case .volts100: "100 V"
    case .volts300: "300 V"
    }
  }
}
