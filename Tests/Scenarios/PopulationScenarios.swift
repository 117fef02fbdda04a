import Testing

/// Many good units: none may be rejected.
@Suite struct PopulationScenarios {
  /// Every seed another unit, every unit another rotating cell.
  @Test(arguments: Array(200...211) as [UInt64])
  func `good units drawn by chance all pass`(seed: UInt64) throws {
    let result = try Scenario(seed: seed, unit: "EK24-\(seed)").run()
    #expect(result.verdict == .pass, "seed \(seed): \(result.complaints)")
  }
}
