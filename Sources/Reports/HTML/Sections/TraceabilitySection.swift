import Model

/// What would be needed to repeat the run or to prove that this page belongs to it.
struct TraceabilitySection {
  let reading: RecordReading
  let context: ReportContext

  var markup: Markup {
    let record = reading.record
    let header = record.header
    return section("Traceability", id: "traceability") {
      table(["Document", "Name", "Revision", "SHA-256"], class: "plain hashes") {
        document("Procedure", header.procedure)
        for phase in header.included ?? [] { document("Included phase", phase) }
        document("Rig", header.rig)
        document("Specification", header.specification)
        if let unitFile = header.unitFile { document("Simulated unit", unitFile) }
        if let answers = header.answers { document("Answers", answers) }
        if let source = header.judgedFrom {
          document("Measured by", source.procedure)
          document(
            "Journal judged",
            DocumentReference(
              name: "journals/\(source.run).jsonl", revision: "", contentHash: source.journalHead))
        }
        if !context.journalHead.isEmpty {
          document(
            "Journal",
            DocumentReference(name: context.journal, revision: "", contentHash: context.journalHead))
        }
      }
      facts([
        ("Run", header.run), ("Program", header.program), ("Manual", header.document),
        ("Seed", "\(header.seed)"),
        ("Exchanges on the ports", "\(record.trafficCount)"),
      ])
      safeState
      element("p", class: "muted") {
        "Every event of the run stands in the journal, each chained to the one before by SHA-256; the hash given for "
          + "the journal covers all of them."
      }
    }
  }

  private func document(_ kind: String, _ reference: DocumentReference) -> Markup {
    element("tr") {
      element("td") { kind }
      element("td") { reference.name }
      element("td") { reference.revision }
      element("td", class: "code") { reference.contentHash }
    }
  }

  private var safeState: Markup {
    let entries = reading.record.safeState?.entries ?? []
    guard !entries.isEmpty else { return .empty }
    return fragment {
      element("h3") { "Safe-state sequence" }
      table(["", "Action", "Read back"], class: "plain") {
        for entry in entries {
          element("tr", class: entry.confirmed ? "" : "changed") {
            element("td", class: "sign") {
              Marks.sign(
                entry.confirmed ? "pass" : "error", title: entry.confirmed ? "confirmed" : "not confirmed")
            }
            element("td") { entry.action }
            element("td") { entry.message }
          }
        }
      }
    }
  }
}
