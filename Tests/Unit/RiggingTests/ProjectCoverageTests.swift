import Foundation
import Model
import Rigging
import Testing

private let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// The conformance matrix of the project's own procedures and specifications.
@Suite struct `The project's procedures` {
  static let matrices: [String: CoverageMatrix] = {
    var matrices: [String: CoverageMatrix] = [:]
    for current in ["200", "250", "300"] {
      let path = "\(repository)/Procedures/Specification/ek-b24s8e\(current)a.yaml"
      matrices[current] = CoverageDocuments.matrix(specification: path, procedures: nil).matrix
    }
    return matrices
  }()

  static func gaps(_ matrix: CoverageMatrix) -> [String] {
    matrix.gaps.map { "\($0.requirement.id) \($0.workflow?.rawValue ?? "nowhere")" }
  }

  @Test(arguments: ["200", "250", "300"])
  func `verify or explain every requirement in every workflow`(current: String) throws {
    let matrix = try #require(Self.matrices[current])
    #expect(matrix.rows.count == 184)
    let gaps = Self.gaps(matrix)
    for gap in gaps where !OpenRequirements.all.contains(gap) {
      Issue.record("\(gap) has lost its step: no measurement fails on a unit that breaks it")
    }
    for open in OpenRequirements.all where !gaps.contains(open) {
      Issue.record("\(open) is no longer open: take it off the list")
    }
  }

  @Test(arguments: ["200", "250", "300"])
  func `leave no reason standing for what is verified`(current: String) throws {
    for row in try #require(Self.matrices[current]).rows {
      for cell in row.cells where cell.isReasonOutOfDate {
        Issue.record(
          "\(row.requirement.id) is verified in \(cell.workflow.rawValue): its reason is out of date")
      }
    }
  }

  @Test(arguments: ["200", "250"]) func `cover the sister variants alike`(current: String) throws {
    func states(_ current: String) throws -> [[CoverageMatrix.Cell]] {
      try #require(Self.matrices[current]).rows.map(\.cells)
    }
    #expect(try states(current) == states("300"))
  }
}
