import Simulation

/// What a simulated DAQ970A measures wrongly on purpose, besides the faults of every text-speaking twin.
struct DAQ970ADeviation {
  enum Kind: String, CaseIterable { case none, overload, offset, frozen }

  let kind: Kind
  /// Volts.
  let offset: Double
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
  private static let channelOption = DriverOption(
    name: "fault-channel", meaning: "the one channel that deviates; 0 for all", kind: .integer(0...320),
    defaultText: "0")
  private static let scansOption = DriverOption(
    name: "fault-after-scans", meaning: "scans that are still right before readings deviate",
    kind: .integer(0...1_000_000), defaultText: "0")

  /// All keys of the twin.
  static var options: [DriverOption] {
    [fault] + TwinFault.options.dropFirst() + [offsetOption, channelOption, scansOption]
  }

  init(_ given: [String: String]) throws(OptionError) {
    kind = Kind(rawValue: try Self.fault.choice(in: given)) ?? .none
    offset = try Self.offsetOption.quantity(in: given)
    channel = try Self.channelOption.integer(in: given)
    after = try Self.scansOption.integer(in: given)
  }

  func applies(to channel: Int, afterScans done: Int) -> Bool {
    done >= after && (self.channel == 0 || self.channel == channel)
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
