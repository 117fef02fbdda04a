import Capabilities
import Quantities

/// Every scripted instrument keeps whatever it is told.
extension ScriptedInstrument: Fenced {
  func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    try await fences(channels: channels)
  }

  func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence] {
    let level = AnyQuantity(1, .voltage)
    return [ProgrammedFence(name: "over-voltage", programmed: level, readBack: level)]
  }
}
