import Model
import Quantities

/// A procedure file: what is done to a unit and which limits hold.
public struct ProcedureDocument: Hashable, Sendable {
  public let procedure: Procedure
  public let reference: DocumentReference
  /// Path of the specification file, from where the procedure file was found.
  public let specificationPath: String

  public static func load(path: String) -> DocumentReading<ProcedureDocument> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return read(document)
  }

  /// Parameters of steps stay as written; the step kinds read them.
  public static func read(_ document: YAMLDocument) -> DocumentReading<ProcedureDocument> {
    let (values, findings) = FieldReader.read(ProcedureFields.procedure, in: document.root)
    guard findings.isEmpty else { return DocumentReading(findings: findings) }
    var builder = ProcedureBuilder()
    let procedure = builder.procedure(values)
    let reference = DocumentReference(
      name: procedure.name, revision: procedure.revision, contentHash: document.contentHash)
    return DocumentReading(
      ProcedureDocument(
        procedure: procedure, reference: reference,
        specificationPath: document.file.neighbour(procedure.specification)),
      findings: builder.findings)
  }

  /// Limits the procedure names that the specification lacks, or has no case of for this chemistry and workflow.
  public func limitFindings(in specification: Specification) -> [Finding] {
    let known = specification.limits.map(\.id)
    return procedure.allPhases.flatMap(\.steps).flatMap(\.measure).compactMap { entry in
      guard case .limit(let id, let place) = entry.use else { return nil }
      guard let limit = specification.limit(id) else {
        return Finding(
          place: place, message: "the specification has no limit '\(id)'",
          suggestion: NearestName.of(id, in: known).map { "did you mean '\($0)'?" }
            ?? "name a limit of the specification or write 'information'")
      }
      guard limit.applicable(chemistry: procedure.chemistry, workflow: procedure.workflow) == nil else {
        return nil
      }
      return Finding(
        place: place,
        message: "limit '\(id)' has no case for \(procedure.chemistry.rawValue) in "
          + procedure.workflow.rawValue,
        suggestion: "write 'information'")
    }
  }
}
