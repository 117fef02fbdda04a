import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Settings that a step has changed go back to what the unit showed before it.
extension StepContext {
  /// Writes one setting back to what the unit showed before the step.
  ///
  /// A unit that does not keep what is written to it may have shown a value beyond any that the rig writes. That is no
  /// fault of the rig: the setting is left, the record says so, and the proof of the restored settings fails. A value
  /// that the unit came with is another matter: the rig has changed what it cannot bring back, and says so as an error.
  ///
  /// - Returns: nil when nothing was written.
  @discardableResult
  func putBack(_ name: String, _ value: Double) async throws -> SettingProof? {
    if !unit.mayWrite(name, value: value), let received = memory.archived?.value(name), received != value {
      note(
        "'\(name)' is not put back: the unit showed \(shown(name, value)) before this step, although it came with "
          + "\(shown(name, received)); the rig writes no such value")
      return nil
    }
    return try await writeSetting(name, value)
  }

  /// The same for a setting that later steps rest on: a write that is not proven ends the step.
  func requireBack(_ name: String, _ value: Double) async throws {
    guard let proof = try await putBack(name, value) else { return }
    try require(proof)
  }

  /// Writes back every setting that reads otherwise than before.
  func writeBack(_ before: UnitSettings) async throws {
    let now = try await unit.settings(deadline: deadline(10))
    for entry in before.entries where now.value(entry.name) != entry.value {
      try await putBack(entry.name, entry.value)
    }
  }

  /// Records whether all settings read as they did.
  func measureAsBefore(_ before: UnitSettings) async throws {
    let now = try await unit.settings(deadline: deadline(10))
    measure(
      "as-before", .text(HexText.packed(now.frame)), nominal: .text(HexText.packed(before.frame)),
      by: ["unit"], note: now.differences(from: before))
  }

  private func shown(_ name: String, _ value: Double) -> String {
    AnyQuantity(value, unit.dimension(ofSetting: name) ?? .ratio).formatted(significant: 5)
  }
}

extension UnitSettings {
  /// `'balance-stop-difference' reads 0 V, not 2 mV`; empty when every known setting reads the same.
  func differences(from other: UnitSettings) -> String {
    entries.compactMap { entry in
      guard let wanted = other.entries.first(where: { $0.name == entry.name }), wanted.value != entry.value
      else { return nil }
      return "'\(entry.name)' reads \(entry.text), not \(wanted.text)"
    }.joined(separator: "; ")
  }
}
