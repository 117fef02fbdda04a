import Capabilities
import Ports
import Quantities

extension IT6000C: WatchdogProving {
  /// The delay has a resolution of a second; another one until the trip is seen.
  private static let watchdogMargin = Interval.seconds(2)

  public func proveWatchdog() async throws(InstrumentError) -> WatchdogProof {
    try await program(current: .zero, compliance: .zero)
    // Arms, reads back, switches on.
    try await setOutput(true)
    let delay = Interval(seconds: watchdogSeconds)
    let silence = delay + Self.watchdogMargin
    let failure: InstrumentError?
    do {
      try await world.sleep(for: silence)
      failure = nil
    } catch {
      failure = InstrumentError(.link, instrument: name, message: "the proof was broken off: \(error)")
    }
    if let failure {
      _ = await makeSafe()
      throw failure
    }
    let isOn = try await outputEnabled()
    let trips = Self.trips(in: try await session.queryInteger("STAT:QUES:COND?"))
    let report = await makeSafe()
    try await clearTrips()
    let tripped = !isOn && !trips.isEmpty && report.confirmed
    return WatchdogProof(
      delay: delay, silence: silence, tripped: tripped,
      words: isOn
        ? "the output was still on"
        : trips.isEmpty
          ? "the output was off without a trip" : trips.joined(separator: ", "))
  }
}
