import Engine
import Model
import Quantities

extension StepContext {
  /// Unit's reading less reference for every fed cell, both averaged over `frames`, at the voltages that are set now.
  func cellErrors(frames: Int) async throws -> [Double] {
    let (means, _) = try await averagedTelemetry(frames)
    let reference = try await bench.cellReferenceVolts()
    guard means.count >= cellCount else {
      throw RigFault(instrument: "unit link", message: "telemetry carries \(means.count) cells only")
    }
    return zip(means, reference).map { $0 - $1 }
  }

  /// Records the largest change of a cell's error. The reference's systematic part is the same in both and cancels.
  func measureErrorChange(
    _ name: String, channel: String = "", from before: [Double], to after: [Double], note: String = ""
  ) {
    let change = worst(zip(after, before).map { $0 - $1 })
    measure(
      name, channel: channel, .init(reading: change), uncertainty: uncertainty(.cellReference) / 4,
      by: ["unit"] + bench.instrumentNames(.cellReference), note: note.isEmpty ? "largest of all cells" : note
    )
  }
}
