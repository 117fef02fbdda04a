import Foundation
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

  /// Every unit file says which requirements it breaks; those must fail and no other.
  @Test(arguments: unitFiles)
  func `a defect fails at its own requirement and nowhere else`(_ file: String) throws {
    let text = try String(contentsOfFile: Scenario.root + "/Rigs/Units/\(file).yaml", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("breaks: ") })
    let breaks = line.dropFirst("breaks: ".count)
    let expected =
      breaks == "nothing" ? [] : breaks.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let result = try Scenario(unitFile: file).run()
    #expect(result.failedRequirements == expected.sorted(), "\(result.complaints)")
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

  static let unitFiles: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: Scenario.root + "/Rigs/Units")) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
}
