import Capabilities
import Quantities

/// Trip levels, always programmed after the priority was entered: a change of priority makes set points of limits.
extension IT6000C: Fenced {
  /// Above what the rig allows; project default. The levels of opening, which know the options only, are no lower.
  static let fenceMargin = 1.1

  public func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError)
    -> [ProgrammedFence]
  {
    let volts = min(levels.voltage.base, complianceMax.base) * Self.fenceMargin
    let amperes = min(levels.current.base, currentMax.base) * Self.fenceMargin
    programmedFences = (min(volts, rating.volts * 1.02), min(amperes, rating.amperes * 1.02))
    try await protect(overvoltage: programmedFences!.volts, overcurrent: programmedFences!.amperes)
    // Armed, and read back, with each switching on of the output. Here it shows that it can be while nothing depends on
    // it; left armed, it might trip over a long silence with the output off.
    try await set("OUTP:PROT:WDOG:DEL", watchdogSeconds, step: 1)
    try await switchFlag("OUTP:PROT:WDOG:STAT", true)
    try await switchFlag("OUTP:PROT:WDOG:STAT", false)
    return try await fences(channels: channels)
  }

  public func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    guard let levels = programmedFences else { return [] }
    try await requireNoTrip()
    let volts = try await session.queryNumber("VOLT:PROT?")
    let amperes = try await session.queryNumber("CURR:PROT?")
    for header in ["VOLT:PROT:STAT?", "CURR:PROT:STAT?"] {
      guard try await session.queryFlag(header) else {
        throw InstrumentError(
          .notConfirmed, instrument: name, message: "\(header) answers that the protection is off",
          advice: "somebody changed it at the front panel; start again")
      }
    }
    let watchdog = try await session.queryNumber("OUTP:PROT:WDOG:DEL?")
    if outputWanted, try await !session.queryFlag("OUTP:PROT:WDOG:STAT?") {
      throw InstrumentError(
        .notConfirmed, instrument: name,
        message: "the output is on and the communication watchdog is not armed",
        advice: "somebody changed it at the front panel; start again")
    }
    return [
      ProgrammedFence(
        name: "over-voltage", programmed: AnyQuantity(levels.volts, .voltage),
        readBack: AnyQuantity(volts, .voltage)),
      ProgrammedFence(
        name: "over-current", programmed: AnyQuantity(levels.amperes, .current),
        readBack: AnyQuantity(amperes, .current)),
      ProgrammedFence(
        name: "communication watchdog", programmed: AnyQuantity(watchdogSeconds, .time),
        readBack: AnyQuantity(watchdog, .time)),
    ]
  }
}
