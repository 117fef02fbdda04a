import Model

/// Which requirements of the manual the run touched and what came of each; conflicts of the manual beside them.
struct RequirementsSection {
  let reading: RecordReading
  let context: ReportContext

  var markup: Markup {
    let rows = reading.requirements
    guard !rows.isEmpty else { return .empty }
    let conflicts = TouchedConflict.all(in: rows, context)
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
                element("td", class: "code") { conflict.requirements.joined(separator: " ") }
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
    let also = measurements.compactMap(\.limit).flatMap(\.also).reduce(into: [String]()) { list, id in
      if !list.contains(id) { list.append(id) }
    }
    return element("tr") {
      element("td", class: "sign") { Marks.of(RecordReading.state(of: measurements)) }
      element("td", class: "code") {
        id
        if !also.isEmpty { element("span", class: "small") { "also \(also.joined(separator: ", "))" } }
      }
      element("td") { known?.title ?? measurements.first?.limit?.title ?? "" }
      element("td") { known.map { $0.section == "—" ? "silent" : "section \($0.section)" } ?? "" }
      element("td", class: "number") { "\(judged.count)" }
      element("td", class: "number") { open.isEmpty ? "" : "\(open.count)" }
    }
  }
}

/// A conflict of the manual behind a limit that was used, or behind a requirement that was judged.
private struct TouchedConflict {
  let id: String
  var requirements: [String]
  /// What the manual says; empty when the specification is not at hand.
  let text: String
  let decision: String

  static func all(
    in rows: [(id: String, measurements: [Measurement])], _ context: ReportContext
  ) -> [TouchedConflict] {
    var found: [TouchedConflict] = context.conflicts.map { conflict in
      TouchedConflict(
        id: conflict.id, requirements: rows.map(\.id).filter(conflict.requirements.contains),
        text: conflict.text, decision: conflict.decision)
    }
    for (requirement, measurements) in rows {
      for conflict in measurements.compactMap(\.limit).flatMap(\.conflicts) {
        if let index = found.firstIndex(where: { $0.id == conflict.id }) {
          if !found[index].requirements.contains(requirement) {
            found[index].requirements.append(requirement)
          }
        } else {
          found.append(
            TouchedConflict(
              id: conflict.id, requirements: [requirement], text: "", decision: conflict.decision))
        }
      }
    }
    return found.filter { !$0.requirements.isEmpty }.sorted { $0.id < $1.id }
  }
}
