import Simulation

/// What a simulated DAQ970A measures wrongly on purpose, besides the faults of every text-speaking twin.
struct DAQ970ADeviation {
  enum Kind: String, CaseIterable {
    case none, overload, offset, gain, drift
    /// Two channels' wires are exchanged.
    case swapped
    case frozen
  }

  let kind: Kind
  /// Volts.
  let offset: Double
  /// Part of the reading, of voltages and resistances.
  let gain: Double
  /// Volts per minute since the deviation began.
  let driftPerMinute: Double
  private let partner: Int
  private let channel: Int
  private let after: Int

  private static let fault: DriverOption = {
    let common = TwinFault.options[0]
    guard case .choice(let words) = common.kind else { preconditionFailure("'fault' is a choice") }
    let own = Kind.allCases.filter { $0 != .none }.map(\.rawValue)
    return DriverOption(
      name: common.name, meaning: common.meaning, kind: .choice(words + own), defaultText: common.defaultText)
  }()
  private static let offsetOption = DriverOption(
    name: "offset", meaning: "what the fault 'offset' adds to readings", kind: .quantity(.voltage, -10...10),
    defaultText: "20 mV")
  private static let gainOption = DriverOption(
    name: "gain-error", meaning: "part of the reading that the fault 'gain' adds to it",
    kind: .quantity(.ratio, -0.99...10), defaultText: "1 %")
  private static let driftOption = DriverOption(
    name: "drift-per-minute", meaning: "what the fault 'drift' adds to readings in every minute",
    kind: .quantity(.voltage, -1...1), defaultText: "10 mV")
  private static let partnerOption = DriverOption(
    name: "swap-with", meaning: "the channel whose wires 'fault-channel' has with the fault 'swapped'",
    kind: .integer(101...320), defaultText: "108")
  private static let channelOption = DriverOption(
    name: "fault-channel", meaning: "the one channel that deviates; 0 for all", kind: .integer(0...320),
    defaultText: "0")
  private static let scansOption = DriverOption(
    name: "fault-after-scans", meaning: "scans that are still right before readings deviate",
    kind: .integer(0...1_000_000), defaultText: "0")

  /// All keys of the twin.
  static var options: [DriverOption] {
    [fault] + TwinFault.options.dropFirst() + [
      offsetOption, gainOption, driftOption, partnerOption, channelOption, scansOption,
    ]
  }

  init(_ given: [String: String]) throws(OptionError) {
    kind = Kind(rawValue: try Self.fault.choice(in: given)) ?? .none
    offset = try Self.offsetOption.quantity(in: given)
    gain = try Self.gainOption.quantity(in: given)
    driftPerMinute = try Self.driftOption.quantity(in: given)
    partner = try Self.partnerOption.integer(in: given)
    channel = try Self.channelOption.integer(in: given)
    after = try Self.scansOption.integer(in: given)
  }

  func applies(to channel: Int, afterScans done: Int) -> Bool {
    done >= after && (self.channel == 0 || self.channel == channel)
  }

  /// The channel whose wires `channel` really has.
  func source(of channel: Int, afterScans done: Int) -> Int {
    guard kind == .swapped, done >= after else { return channel }
    return channel == self.channel ? partner : channel == partner ? self.channel : channel
  }

  /// The options without a deviation that only this twin knows, for the half that all twins share.
  static func commonOptions(_ given: [String: String]) -> [String: String] {
    guard let fault = given["fault"], Kind(rawValue: fault) != nil else { return given }
    var rest = given
    rest["fault"] = nil
    return rest
  }
}

extension TwinContext {
  /// The same context with other options.
  func with(options: [String: String]) -> TwinContext {
    TwinContext(
      name: name, serial: serial, circuit: circuit, terminals: terminals, random: random, options: options)
  }
}
