import Capabilities
import Quantities

/// Every scripted instrument keeps whatever it is told, unless the plant says that it does not.
extension ScriptedInstrument: Fenced {
  func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    try await fences(channels: channels)
  }

  func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    let level = AnyQuantity(1, .voltage)
    let found = AnyQuantity(plant.fenceSays[name] ?? 1, .voltage)
    let delay = AnyQuantity(60, .time)
    return [ProgrammedFence(name: "over-voltage", programmed: level, readBack: found)]
      + (plant.armedWatchdogs.contains(name)
        ? [ProgrammedFence(name: "communication watchdog", programmed: delay, readBack: delay)] : [])
  }
}
