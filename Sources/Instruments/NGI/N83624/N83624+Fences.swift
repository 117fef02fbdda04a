import Capabilities
import Quantities

/// Protection levels of the channels: volts and milliamperes, 0 after a factory reset.
///
/// - Source: SCPI guide V20240130; instrument model notes, section 1.1.
extension N83624: Fenced {
  /// Above what the rig allows; project default.
  static let fenceMargin = 1.05

  public func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError)
    -> [ProgrammedFence]
  {
    let volts = min(levels.voltage.base * Self.fenceMargin, voltageRange.upperBound.base * 1.02)
    let amperes = min(levels.current.base, currentMax.base) * Self.fenceMargin
    try await session.write(
      "PRO:VOLT \(DecimalText.fixed(volts, decimals: 3))\(Self.list(channels))")
    try await session.write(
      "PRO:CURR \(DecimalText.fixed(amperes * 1e3, decimals: 1))\(Self.list(channels))")
    programmedFences = (volts, amperes)
    let words = try await statusWords(channels)
    tripsBefore = Set(zip(channels, words).filter { !Self.events(in: $0.1).isEmpty }.map(\.0))
    let found = try await readBack(channels: channels)
    if let wrong = found.first(where: { !$0.isInForce }) {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "the \(wrong.name) protection reads back \(wrong.readBack.formatted()), "
          + "\(wrong.programmed.formatted()) was set",
        advice: "check the protection levels at the front panel")
    }
    return found
  }

  public func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    for (channel, word) in zip(channels, try await statusWords(channels)) {
      let events = Self.events(in: word)
      guard !events.isEmpty, !tripsBefore.contains(channel) else { continue }
      throw InstrumentError(
        .refused, instrument: name, channel: channel,
        message: "the protection tripped: \(Self.joined(events))",
        advice: "find the cause before the next run; switching the channel on again clears it")
    }
    return try await readBack(channels: channels)
  }

  private func readBack(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    guard let (volts, amperes) = programmedFences else { return [] }
    let count = channels.count
    let voltages = try await session.queryNumbers("PRO:VOLT?\(Self.list(channels))", count: count)
    let currents = try await session.queryNumbers("PRO:CURR?\(Self.list(channels))", count: count)
    func farthest(_ found: [Double], from wanted: Double) -> Double {
      found.max { ($0 - wanted).magnitude < ($1 - wanted).magnitude } ?? .nan
    }
    return [
      ProgrammedFence(
        name: "over-voltage", programmed: AnyQuantity(volts, .voltage),
        readBack: AnyQuantity(farthest(voltages, from: volts), .voltage)),
      ProgrammedFence(
        name: "over-current", programmed: AnyQuantity(amperes, .current),
        readBack: AnyQuantity(farthest(currents.map { $0 / 1e3 }, from: amperes), .current)),
    ]
  }
}
