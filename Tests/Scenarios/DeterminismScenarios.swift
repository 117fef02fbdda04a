import Foundation
import Reports
import Testing

/// Same commit, files and seed give the same bytes.
@Suite struct DeterminismScenarios {
  @Test func `one seed gives the same journal and report twice, another seed does not`() throws {
    let first = try Scenario(seed: 11).run()
    let second = try Scenario(seed: 11).run()
    let other = try Scenario(seed: 12).run()
    #expect(first.journal == second.journal)
    #expect(report(first) == report(second))
    #expect(first.journal != other.journal)
  }

  @Test func `two processes give the same journal and report`() throws {
    let program = try #require(Self.program, "bmsrig is not built")
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-processes-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["a", "b"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = [
        "run", Scenario().request.procedurePath, "--rig", Scenario.rigFile, "--unit", "EK24-000007", "--seed",
        "21",
        "--store",
        "\(folder)/\(name)",
      ]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    for file in ["journals/EK24-000007-1.jsonl", "reports/EK24-000007-1.html"] {
      let a = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a/\(file)"))
      #expect(try a == Data(contentsOf: URL(fileURLWithPath: "\(folder)/b/\(file)")))
      #expect(a.count > 10_000)
    }
  }

  private func report(_ result: Scenario.Result) -> [UInt8] {
    HTMLReport().render(record: result.record, context: ReportContext())
  }

  /// The command beside the test bundle.
  private static var program: String? {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    return ["\(folder)/bmsrig", "\(Scenario.root)/.build/debug/bmsrig"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }
}
