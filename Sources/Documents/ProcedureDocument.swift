import Model
import Quantities

/// A procedure file: what is done to a unit and which limits hold.
public struct ProcedureDocument: Hashable, Sendable {
  public let procedure: Procedure
  /// The hash covers the file and the phases it includes.
  public let reference: DocumentReference
  /// Phases that stand in files of their own, in order.
  public let included: [DocumentReference]
  /// Path of the specification file, from where the procedure file was found.
  public let specificationPath: String
  /// False in a draft whose chemistry, string count or workflow could not be read: no limit can be chosen then.
  public let knowsUnit: Bool

  public static func load(path: String) -> DocumentReading<ProcedureDocument> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return read(document)
  }

  /// Parameters of steps stay as written; the step kinds read them.
  public static func read(_ document: YAMLDocument) -> DocumentReading<ProcedureDocument> {
    let (draft, findings) = draft(document)
    return DocumentReading(draft, findings: findings)
  }

  /// Whatever can be made of a file, right or not, so that one mistake does not hide the others. What could not be
  /// read is empty (texts), or what `fallback` says; only a draft without findings may be run.
  ///
  /// - Returns: nil as draft when the file is no table of keys.
  public static func draft(_ document: YAMLDocument) -> (draft: ProcedureDocument?, findings: [Finding]) {
    guard case .table = document.root else {
      return (nil, FieldReader.read(ProcedureFields.procedure, in: document.root).findings)
    }
    var inclusion = PhaseInclusion()
    let root = inclusion.expand(document.root, of: document.file)
    // What could not be included would only be missed again as a phase without a name.
    guard inclusion.findings.isEmpty else { return (nil, inclusion.findings.sorted()) }
    let (values, findings) = FieldReader.read(ProcedureFields.procedure, in: root)
    var builder = ProcedureBuilder()
    let procedure = builder.procedure(values)
    let hashes = [document.contentHash] + inclusion.references.map(\.contentHash)
    let reference = DocumentReference(
      name: procedure.name, revision: procedure.revision,
      contentHash: hashes.count == 1 ? hashes[0] : SHA256.hex(of: Array(hashes.joined().utf8)))
    let draft = ProcedureDocument(
      procedure: procedure, reference: reference, included: inclusion.references,
      specificationPath: procedure.specification.isEmpty
        ? "" : document.file.neighbour(procedure.specification),
      knowsUnit: values.optionalTable("unit").map { $0.has("chemistry") && $0.has("cells") } ?? false
        && values.has("workflow"))
    return (draft, (findings + builder.findings).sorted())
  }

  /// A phase in a file of its own, read without the procedures that include it.
  public static func phase(_ document: YAMLDocument) -> (phase: ProcedurePhase, findings: [Finding]) {
    let (values, findings) = FieldReader.read(ProcedureFields.phase, in: document.root)
    var builder = ProcedureBuilder()
    let phase = builder.phase(values)
    return (phase, (findings + builder.findings).sorted())
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
