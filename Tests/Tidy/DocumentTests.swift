import Foundation
import Model
import Rigging
import Steps
import Testing

/// A day on which every calibration in the repository's rig files is valid.
private let day = "2026-06-01"

private func path(_ file: String) -> String { SourceTree.root.appendingPathComponent(file).path }

private func documents(_ folder: String) -> [String] {
  SourceTree.paths(under: folder).filter { $0.hasSuffix(".yaml") }
}

@Suite struct `Documents of the repository` {
  @Test(arguments: documents("Rigs") + documents("Procedures")) func `have no findings`(_ file: String) {
    let (kind, findings) = Preflight.check(file: path(file), rigPath: nil, date: day)
    #expect(kind != "file", "\(file) is of no known kind")
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test(
    arguments: documents("Procedures").filter { !$0.contains("/Specification/") && !$0.contains("/Phases/") },
    ["simulated", "eol-line"])
  func `fit together`(_ procedure: String, _ rig: String) {
    let request = RunRequest(
      procedurePath: path(procedure), rigPath: path("Rigs/\(rig).yaml"), date: day)
    let (run, findings) = Preflight.check(request)
    #expect(run != nil, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test(
    arguments: Chemistry.allCases,
    ["end-of-line", "incoming-electrical", "warranty-verification", "design-validation"])
  func `cover every chemistry`(_ chemistry: Chemistry, _ procedure: String) {
    let request = RunRequest(
      procedurePath: path("Procedures/\(procedure).yaml"), rigPath: path("Rigs/simulated.yaml"),
      chemistry: chemistry, date: day)
    let (run, findings) = Preflight.check(request)
    #expect(run != nil, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test(arguments: documents("Procedures/Phases")) func `no phase lies about unused`(_ phase: String) throws {
    let name = phase.replacing("Procedures/", with: "")
    let users = try documents("Procedures").filter {
      try String(contentsOfFile: path($0), encoding: .utf8).contains("include: \(name)\n")
    }
    #expect(!users.isEmpty, "\(phase) is included by no procedure")
  }

  @Test(arguments: StepCatalog.kinds.map { $0.id }) func `can use the sample of each step kind`(_ id: String)
    throws
  {
    let kind = try #require(StepCatalog.kind(id))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bmsrig-tidy-\(id)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("sample.yaml")
    let sample = kind.sample.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }
      .joined(separator: "\n")
    let text = """
      procedure: sample
      title: Sample
      revision: "1"
      workflow: EOL
      specification: \(path("Procedures/Specification/ek-b24s8e300a.yaml"))
      unit: {chemistry: LFP, cells: 24}
      decision:
        critical: {guard: 1.0}
        other: {guard: 0.83}
      expected-duration: 60 s
      phases:
        - phase: only
          title: Only
          steps:
      \(sample)
      closing:
        phase: closing
        title: Closing
        steps:
          - step: settings-restore
            id: closing-restore
            title: Restore
            measure: {restored: settings-restored}

      """
    try text.write(to: file, atomically: true, encoding: .utf8)
    let request = RunRequest(procedurePath: file.path, rigPath: path("Rigs/simulated.yaml"), date: day)
    let (run, findings) = Preflight.check(request)
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    #expect(run?.plan.phases.first?.steps.map(\.kind) == [id])
  }
}
