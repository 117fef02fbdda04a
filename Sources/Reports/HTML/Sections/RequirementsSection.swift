import Model

/// Which requirements of the manual the run touched and what came of each; conflicts of the manual beside them.
struct RequirementsSection {
  let reading: RecordReading
  let context: ReportContext

  var markup: Markup {
    let rows = reading.requirements
    guard !rows.isEmpty else { return .empty }
    let touched = Set(rows.map(\.id))
    let conflicts = context.conflicts.filter { $0.requirements.contains(where: touched.contains) }
    return fragment {
      section("Requirements", id: "requirements") {
        let reached = rows.filter { RecordReading.isReached($0.measurements) }
        if !reached.isEmpty {
          table(["", "Requirement", "Title", "Manual", "Measured", "Not passed"], class: "plain") {
            for row in reached { self.row(row.id, row.measurements) }
          }
        }
        let unreached = rows.filter { !RecordReading.isReached($0.measurements) }
        if !unreached.isEmpty {
          element("p", class: "unreached") { "Not reached: \(unreached.map(\.id).joined(separator: " "))" }
        }
      }
      if !conflicts.isEmpty {
        section("Conflicts in the manual that touch this run", id: "conflicts") {
          table(["", "Requirements", "What the manual says", "How it was decided here"], class: "plain") {
            for conflict in conflicts {
              element("tr") {
                element("td", class: "code") { conflict.id }
                element("td", class: "code") {
                  conflict.requirements.filter(touched.contains).joined(separator: " ")
                }
                element("td") { conflict.text }
                element("td") { conflict.decision }
              }
            }
          }
        }
      }
    }
  }

  private func row(_ id: String, _ measurements: [Measurement]) -> Markup {
    let known = context.requirements.first { $0.id == id }
    let judged = measurements.filter { $0.outcome != .information && $0.outcome != .notApplicable }
    let open = judged.filter { $0.outcome != .pass }
    return element("tr") {
      element("td", class: "sign") { Marks.of(RecordReading.state(of: measurements)) }
      element("td", class: "code") { id }
      element("td") { known?.title ?? measurements.first?.limit?.title ?? "" }
      element("td") { known.map { $0.section == "—" ? "silent" : "section \($0.section)" } ?? "" }
      element("td", class: "number") { "\(judged.count)" }
      element("td", class: "number") { open.isEmpty ? "" : "\(open.count)" }
    }
  }
}
