import Capabilities
import Ports
import Quantities

extension IT6000C: WatchdogProving {
  /// The delay has a resolution of a second; another one until the trip is seen.
  private static let watchdogMargin = Interval.seconds(2)
  /// Of the questionable register (instrument model notes, section 2.2).
  private static let watchdogBit = 8192

  public func energiseAtZero() async throws(InstrumentError) {
    try await program(current: .zero, compliance: .zero)
    // Arms, reads back, switches on.
    try await setOutput(true)
  }

  public func proveWatchdog() async throws(InstrumentError) -> WatchdogProof {
    try await energiseAtZero()
    let delay = Interval(seconds: watchdogSeconds)
    let silence = delay + Self.watchdogMargin
    do { try await world.sleep(for: silence) } catch {
      throw InstrumentError(.link, instrument: name, message: "the proof was broken off: \(error)")
    }
    let isOn = try await outputEnabled()
    let word = try await session.queryInteger("STAT:QUES:COND?")
    let report = await makeSafe()
    try await clearTrips()
    return WatchdogProof(
      delay: delay, silence: silence, tripped: !isOn && word & Self.watchdogBit != 0 && report.confirmed,
      words: isOn ? "the output was still on" : report.confirmed ? Self.cause(word) : report.message)
  }

  private static func cause(_ word: Int) -> String {
    let trips = trips(in: word).joined(separator: ", ")
    if trips.isEmpty { return "the output was off without a trip" }
    return word & watchdogBit == 0 ? "something else had switched it off: \(trips)" : trips
  }
}
