import Capabilities
import Quantities

/// The over-voltage protection stands at the rig's limit from the beginning; with each set point it comes closer.
extension E36312A: Fenced {
  func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    for channel in channels {
      // The protection may not be set below the set point, which is 0 V while the output is off and was never used.
      let volts = settings.protection(
        channel, voltage: min(levels.voltage.base, settings.voltageMax(channel)))
      fenceCeiling[channel] = volts
      try await set("VOLT:PROT", volts, channel)
      fenceLevel[channel] = volts
    }
    return try await fences(channels: channels)
  }

  func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    var found: [ProgrammedFence] = []
    for channel in channels {
      guard let level = fenceLevel[channel] else { continue }
      guard try await !session.queryFlag("VOLT:PROT:TRIP? (@\(channel))") else {
        throw InstrumentError(
          .refused, instrument: name, channel: channel, message: "the over-voltage protection has tripped",
          advice: "find the cause, then clear it at the front panel")
      }
      let volts = try await session.queryNumber("VOLT:PROT? (@\(channel))")
      found.append(
        ProgrammedFence(
          name: "over-voltage", programmed: AnyQuantity(level, .voltage),
          readBack: AnyQuantity(volts, .voltage)))
    }
    return found
  }
}
