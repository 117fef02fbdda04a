import ArgumentParser
import Model
import Quantities
import Reports
import Rigging

/// `bmsrig coverage`: which requirement is verified by what.
struct Coverage: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the conformance matrix: requirements against the steps that verify them.",
    discussion: """
      Every requirement is mapped, for each workflow that asks for it, to the steps whose limits lead to it, or
      carries the reason written in the specification. What is left is a gap: exit code 0 without gaps, 1 with.

      \(ExitCode.help)
      """)

  static let usual = "Procedures/Specification/ek-b24s8e300a.yaml"

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, html, json }

  @Argument(help: "Procedure files (default: all beside the folder of the specification).")
  var procedures: [String] = []
  @Option(
    help: ArgumentHelp(
      "Specification file, e.g. that of a sister variant (default: the one the first procedure names, or "
        + "\(Self.usual)).", valueName: "file"))
  var specification: String?
  @Option(help: "Show one workflow with its steps: eol, incoming, warranty or validation.")
  var workflow: WorkflowChoice?
  @Option(help: "How to print: table, html or json.")
  var format = Format.table
  @Option(help: "File to write instead of standard output.")
  var output: String?

  func run() throws {
    let specification =
      specification ?? procedures.first.flatMap(CoverageDocuments.specification) ?? Self.usual
    let (matrix, findings) = CoverageDocuments.matrix(
      specification: specification, procedures: procedures.isEmpty ? nil : procedures,
      workflows: workflow.map { [$0.workflow] } ?? Workflow.allCases)
    guard let matrix else {
      Output.findings(findings, format: format == .json ? .json : .text)
      throw CommandEnd(.badInput)
    }
    let bytes: [UInt8] =
      switch format {
      case .table: Array((CoverageTable(matrix).lines.joined(separator: "\n") + "\n").utf8)
      case .html: CoverageHTML(matrix).render()
      case .json: Array((CoverageJSON.document(matrix).serialized(pretty: true) + "\n").utf8)
      }
    if let output {
      if let problem = ReportFile.problem(writing: bytes, to: output) {
        throw Complaint.end(
          problem, "choose another path with --output", code: .badInput, format == .json ? .json : .text)
      }
      Output.line(output)
    } else {
      Output.write(String(decoding: bytes, as: UTF8.self))
    }
    if !matrix.isComplete { throw CommandEnd(.fail) }
  }
}

/// A workflow as people call it; the short forms of the specification are taken, too.
enum WorkflowChoice: String, ExpressibleByArgument, CaseIterable {
  case eol, incoming, warranty, validation

  init?(argument: String) {
    if let choice = Self(rawValue: argument) {
      self = choice
    } else if let workflow = Workflow(rawValue: argument),
      let choice = Self.allCases.first(where: { $0.workflow == workflow })
    {
      self = choice
    } else {
      return nil
    }
  }

  var workflow: Workflow {
    switch self {
    case .eol: .endOfLine
    case .incoming: .incoming
    case .warranty: .warranty
    case .validation: .designValidation
    }
  }
}
