import Model
import Quantities

/// A study with every outcome, as the reports see it.
enum SampleStudy {
  static let hash = SHA256.hex(of: [7])

  static func document(_ name: String) -> DocumentReference {
    DocumentReference(name: name, revision: "1", contentHash: hash)
  }

  static func procedure(_ name: String, _ workflow: Workflow) -> StudyProcedure {
    StudyProcedure(
      document: document(name), path: "Procedures/\(name).yaml", title: "Procedure \(name)",
      workflow: workflow, specification: document("ek-b24s8e300a"), model: "EK-B24S8E300A")
  }

  private static func cell(_ outcome: DefectOutcome) -> DefectMatrix.Cell {
    DefectMatrix.Cell(
      outcome: outcome, reason: "reason of \(outcome.rawValue)", seen: [], missed: ["SPEC-MEAS-09"],
      besides: ["SPEC-COM-02"], replay: "bmsrig run \(outcome.rawValue)")
  }

  private static func row(_ first: DefectOutcome, _ second: DefectOutcome) -> DefectMatrix.Row {
    let isGood = first == .spared || first == .overkill
    return DefectMatrix.Row(
      unit: document("unit-\(first.rawValue)"), path: "Rigs/Units/\(first.rawValue).yaml",
      group: isGood ? "good" : "assembly", title: "Unit that is \(first.rawValue)", story: "<A story & more>",
      breaks: isGood ? [] : ["SPEC-OVP-12"], conditions: "LTO, 20 cells", cells: [cell(first), cell(second)])
  }

  static let report: StudyReport = {
    var report = StudyReport(
      program: "bmsrig", rig: document("simulated"),
      procedures: [procedure("end-of-line", .endOfLine), procedure("validation", .designValidation)],
      matrix: DefectMatrix(
        catalogue: "Rigs/Units", seed: 3, repeats: 1,
        rows: DefectOutcome.allCases.map { row($0, $0 == .spared || $0 == .overkill ? .spared : .caught) }))
    report.populations = [population]
    return report
  }()

  /// Two procedures of one workflow, and a third of another between them.
  static let together: StudyReport = {
    func row(_ name: String, _ outcomes: [DefectOutcome]) -> DefectMatrix.Row {
      DefectMatrix.Row(
        unit: document(name), path: "Rigs/Units/\(name).yaml", group: "", title: name, story: "",
        breaks: name == "good" ? [] : ["SPEC-OVP-12"], conditions: "", cells: outcomes.map(cell))
    }
    return StudyReport(
      program: "bmsrig", rig: document("simulated"),
      procedures: [
        procedure("end-of-line", .endOfLine), procedure("validation", .designValidation),
        procedure("end-of-line-2", .endOfLine),
      ],
      matrix: DefectMatrix(
        catalogue: "Rigs/Units", seed: 3, repeats: 1,
        rows: [
          row("late", [.escaped, .caught, .caught]), row("hidden", [.escaped, .caught, .escaped]),
          row("booked", [.rigError, .caught, .caught]), row("good", [.spared, .spared, .overkill]),
        ]))
  }()

  private static var population: PopulationFigures {
    var figures = PopulationFigures(procedure: 0, chemistry: .lfp, cellCount: 24, seed: 1, planned: 1000)
    figures.passed = 999
    figures.failed = 1
    figures.seconds = 266_000
    figures.secondsMin = 265
    figures.secondsMax = 267
    figures.overkillBound = 0.00473
    figures.notPassedBound = 0.00473
    figures.kept = [
      .init(
        seed: 77, unit: "EK24-77", verdict: .fail, reason: "SPEC-MEAS-02 cell-error cell 3: 5.9 mV",
        requirements: ["SPEC-MEAS-02"], replay: "bmsrig run --seed 77")
    ]
    figures.margins = [
      MarginFigures(
        step: "cells", measurement: "cell-error", limit: "cell-error", requirement: "SPEC-MEAS-02",
        basis: .project, dimension: .voltage, low: .init(count: 24_000, mean: 1, deviation: 0.18),
        high: .init(count: 24_000, mean: 1, deviation: 0.18), guardBand: 0.1,
        closest: .init(
          value: 0.0059, low: -0.005, high: 0.005, guardBand: 0.0005, channel: "cell 3", seed: 77,
          share: -0.28))
    ]
    return figures
  }
}
