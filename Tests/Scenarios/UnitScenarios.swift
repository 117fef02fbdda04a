import Model
import Testing

/// Units in the socket: good ones pass whatever their tolerances, each defect is found at its own requirement.
@Suite struct UnitScenarios {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `good units with different tolerances pass`(seed: UInt64) throws {
    let result = try Scenario(seed: seed, unit: "EK24-\(100_000 + seed * 17)").run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.record.safeStateConfirmed)
    #expect(result.record.errors.isEmpty)
  }

  @Test(arguments: [(Chemistry.ncm, 24), (.lfp, 16), (.lto, 24), (.lto, 20)])
  func `good units of every chemistry and string count pass`(chemistry: Chemistry, cells: Int) throws {
    let result = try Scenario(seed: 5, chemistry: chemistry, cellCount: cells).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
  }

  /// A unit file says which requirements it breaks: those that the procedure judges must fail, and no other.
  @Test(arguments: selection)
  func `a defect fails at its own requirement and nowhere else`(_ name: String) throws {
    let unit = try #require(UnitCatalogue.entry(name).reading.value)
    let conditions = unit.conditions
    let result = try Scenario(
      unitFile: name, chemistry: conditions.chemistry ?? .lfp, cellCount: conditions.cellCount ?? 24
    ).run()
    let expected = unit.breaks.filter(Scenario.judged(result.checked).contains).sorted()
    #expect(result.failedRequirements == expected, "\(result.complaints)")
    #expect(result.verdict == (expected.isEmpty ? .pass : .fail), "\(result.complaints)")
    #expect(result.record.errors.isEmpty, "\(result.complaints)")
  }

  @Test func `settings as received come back even when the unit fails`() throws {
    let result = try Scenario(unitFile: "high-path-resistance").run()
    let restored = result.record.measurements.filter { $0.name == "restored" }
    #expect(restored.map(\.outcome) == [.pass])
    let frames = result.record.settings
    #expect(
      frames.first { $0.moment == .asReceived }?.frameHex == frames.last { $0.moment == .restored }?.frameHex)
  }

  /// A few of each group; `make study` runs the whole catalogue with every procedure.
  static let selection = [
    "good-edge", "cell-7-offset-25mv", "open-channel", "cell-20-offset-marginal", "high-path-resistance",
    "stuck-charge-mosfet", "broken-charge-mosfet", "dead-short-circuit", "swapped-cells", "dead-red-led",
    "mute-buzzer", "low-overcharge-threshold", "overcharge-marginal", "ovp-no-hysteresis",
    "swapped-discharge-stages", "no-overtemperature", "overcharge-high-ncm",
    "over-discharge-recovers-late-lto", "settings-not-kept", "data-store-fault", "mute-link",
    "balancer-never-stops", "checksum-errors", "silent-can", "wrong-model",
  ]
}
