import Documents
import Model

/// Reads the files a conformance matrix is computed from. Everything wrong in them is found at once.
public enum CoverageDocuments {
  /// - Parameters:
  ///   - specification: Path of the specification, which may be that of a sister variant.
  ///   - procedures: Paths of procedure files; each is checked with the specification it names. nil: all that stand
  ///     beside the folder of the specification.
  ///   - workflows: Those the matrix shows.
  public static func matrix(
    specification path: String, procedures: [String]?, workflows: [Workflow] = Workflow.allCases
  ) -> (matrix: CoverageMatrix?, findings: [Finding]) {
    let reading = SpecificationDocument.load(path: path)
    // Beside a file that is not there stands nothing that was meant.
    guard reading.value != nil || procedures != nil else { return (nil, reading.findings) }
    var findings = reading.findings
    var documents: [ProcedureDocument] = []
    for procedure in procedures ?? neighbours(of: path) {
      let plan = PlanDraft(RunRequest(procedurePath: procedure, rigPath: "", date: ""))
      findings += plan.findings
      if let document = plan.document { documents.append(document) }
    }
    findings = Preflight.unique(findings)
    guard findings.isEmpty, let specification = reading.value else { return (nil, findings) }
    let computation = CoverageComputation(
      specification: specification.specification, procedures: documents.map(\.procedure))
    let matrix = CoverageMatrix(
      model: specification.specification.model, document: specification.specification.document,
      specification: specification.reference,
      procedures: documents.map {
        .init(title: $0.procedure.title, workflow: $0.procedure.workflow, reference: $0.reference)
      },
      workflows: workflows, rows: computation.rows(workflows))
    return (matrix, [])
  }

  /// The path of the specification that a procedure names; nil when it cannot be read.
  public static func specification(ofProcedure path: String) -> String? {
    guard let document = YAMLDocument.load(path: path).value,
      let draft = ProcedureDocument.draft(document).draft, !draft.specificationPath.isEmpty
    else { return nil }
    return draft.specificationPath
  }

  /// Procedure files in the folder above the specification's, by name.
  private static func neighbours(of specification: String) -> [String] {
    DocumentFolder.files(in: DocumentFolder.above(specification)).filter(isProcedure)
  }

  /// True for a file that begins as a procedure does; other files may stand beside procedures.
  private static func isProcedure(path: String) -> Bool {
    let reading = YAMLDocument.load(path: path)
    // What cannot be read may be a procedure: it is better reported than left out.
    guard let document = reading.value else { return true }
    guard case .table(let entries, _) = document.root else { return false }
    return entries.contains { $0.key == "procedure" }
  }
}
