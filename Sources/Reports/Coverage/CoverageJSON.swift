import Model
import Quantities

/// The conformance matrix for machines.
public enum CoverageJSON {
  /// A change that an old reader cannot take gets a new number.
  public static let identifier = "urn:bmsrig:coverage:1"

  public static func document(_ matrix: CoverageMatrix) -> OrderedJSON {
    .object([
      ("schema", .string(identifier)),
      ("complete", .bool(matrix.isComplete)),
      ("model", .string(matrix.model)),
      ("manual", .string(matrix.document)),
      ("specification", JSONParts.document(matrix.specification)),
      ("procedures", .array(matrix.procedures.map(procedure))),
      ("figures", .object(matrix.workflows.map { ($0.rawValue, figures(matrix, $0)) })),
      (
        "gaps",
        .array(
          matrix.gaps.map {
            .object([
              ("requirement", .string($0.requirement.id)),
              ("workflow", $0.workflow.map { .string($0.rawValue) } ?? .null),
            ])
          })
      ),
      ("requirements", .array(matrix.rows.map(row))),
    ])
  }

  private static func procedure(_ entry: CoverageMatrix.ProcedureEntry) -> OrderedJSON {
    .object([
      ("title", .string(entry.title)), ("workflow", .string(entry.workflow.rawValue)),
      ("document", JSONParts.document(entry.reference)),
    ])
  }

  private static func figures(_ matrix: CoverageMatrix, _ workflow: Workflow) -> OrderedJSON {
    .object(CoverageMatrix.State.allCases.map { ($0.rawValue, .int(matrix.count($0, in: workflow))) })
  }

  private static func row(_ row: CoverageMatrix.Row) -> OrderedJSON {
    .object([
      ("id", .string(row.requirement.id)),
      ("title", .string(row.requirement.title)),
      ("section", .string(row.requirement.section)),
      ("reason", JSONParts.optional(row.isAskedNowhere ? row.requirement.unverified.general : nil)),
      ("conflicts", .array(row.conflicts.map { .string($0) })),
      ("workflows", .object(row.cells.map { ($0.workflow.rawValue, cell($0)) })),
    ])
  }

  private static func cell(_ cell: CoverageMatrix.Cell) -> OrderedJSON {
    .object([
      ("state", .string(cell.state.rawValue)),
      ("form", .string(cell.form)),
      ("reason", cell.reason.isEmpty ? .null : .string(cell.reason)),
      ("follows", .array(cell.follows.map { .string($0) })),
      ("evidence", .array(cell.evidence.map(evidence))),
    ])
  }

  private static func evidence(_ evidence: CoverageMatrix.Evidence) -> OrderedJSON {
    .object([
      ("procedure", .string(evidence.procedure)),
      ("step", .string(evidence.step)),
      ("measurement", .string(evidence.measurement)),
      ("limit", .string(evidence.limit)),
      ("kind", .string(evidence.kind.rawValue)),
      ("basis", .string(Words.basis(evidence.basis))),
      ("chemistries", .array(evidence.chemistries.map { .string($0.rawValue) })),
      ("conflicts", .array(evidence.conflicts.map { .string($0) })),
    ])
  }
}
