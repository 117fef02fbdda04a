import Capabilities
import Documents
import Guarding
import Model
import Quantities
import Reports
import Store

@testable import Rigging

/// Files that people write, and journals.
extension FuzzTarget {
  private static func document(_ bytes: [UInt8]) -> YAMLDocument? {
    // A folder that does not exist: an included phase is looked for and not found.
    YAMLDocument.parse(text: String(decoding: bytes, as: UTF8.self), file: "/nowhere/at/all.yaml").value
  }

  static let rig = FuzzTarget(name: "rig", covers: "rig files") { bytes in
    guard let document = document(bytes) else { return }
    _ = RigDraft(DocumentReading(document), date: "2026-06-01").findings
  }

  static let procedure = FuzzTarget(name: "procedure", covers: "procedures and phases") {
    bytes in
    guard let document = document(bytes) else { return }
    let (draft, _) = ProcedureDocument.draft(document)
    _ = PhaseCheck.findings(document)
    guard let draft else { return }
    _ = draft.procedure.stepHashes
    var check = ProcedureCheck(procedure: draft.procedure, limits: nil, path: "/nowhere/at/all.yaml")
    check.run()
  }

  static let specification = FuzzTarget(name: "specification", covers: "specifications") {
    bytes in
    guard let document = document(bytes) else { return }
    _ = SpecificationDocument.read(document)
  }

  static let unitFile = FuzzTarget(name: "unit-file", covers: "unit files") { bytes in
    guard let document = document(bytes) else { return }
    if let file = UnitFile.read(document).value { _ = try? UnitFile.unit(file, seed: 1, preset: []) }
  }

  static let answers = FuzzTarget(name: "answers", covers: "answers files, and answers to questions") {
    bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let kinds: [AnswerKind] = [
      .yesNo, .quantity(.voltage), .quantity(.time), .count, .choice(["a", "b"]), .text, .date(or: ["none"]),
      .references,
    ]
    for kind in kinds { _ = try? kind.read(text) }
    guard let document = document(bytes) else { return }
    _ = AnswersDocument.read(document)
  }

  static let journal = FuzzTarget(
    name: "journal", covers: "journals, line by line, and their reports", lengthMax: 8192
  ) { bytes in
    let audit = JournalAudit(bytes: bytes)
    precondition(audit.end.length + Int64(audit.end.tornBytes) == Int64(bytes.count))
    guard let record = audit.record else { return }
    precondition(record.measurements.count <= audit.end.count)
    let context = ReportContext(journal: "journals/x.jsonl", journalHead: audit.end.head)
    // One report for every fourth input: all of them would take nearly all of the time.
    let formats = ReportCatalog.formats
    let turn = bytes.count % (4 * formats.count)
    guard turn < formats.count else { return }
    _ = formats[turn].init().render(record: record, context: context)
  }

  static let guardPlan = FuzzTarget(name: "guard-plan", covers: "what a guard process is told to do") {
    bytes in
    guard let plan = try? GuardPlan(text: String(decoding: bytes, as: UTF8.self)) else { return }
    precondition((try? GuardPlan(text: plan.text)) == plan)
  }
}
