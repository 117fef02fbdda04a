import Model

/// Reads why a requirement is not verified: one text for every workflow, or a text for each of some.
enum UnverifiedReader {
  static func reasons(_ requirement: FieldValues) -> (reasons: UnverifiedReasons, findings: [Finding]) {
    switch requirement.optionalDocument("unverified") {
    case nil: return (.none, [])
    case .scalar(let text, let place)?:
      let empty = finding(for: text, at: place)
      return (UnverifiedReasons(general: text), empty.map { [$0] } ?? [])
    case .table(let entries, _)?: return byWorkflow(entries, of: requirement)
    case .list(_, let place)?:
      return (
        .none,
        [
          Finding(
            place: place, message: "'unverified' is a list",
            suggestion: "write one text, or '{EOL: text, DV: text}'")
        ]
      )
    }
  }

  private static func byWorkflow(
    _ entries: [DocumentEntry], of requirement: FieldValues
  ) -> (reasons: UnverifiedReasons, findings: [Finding]) {
    // `EOL(1pt)` is the workflow EOL in a reduced form.
    let asked = requirement.texts("workflows").map { String($0.prefix { $0 != "(" }) }
    var reasons = UnverifiedReasons()
    var findings: [Finding] = []
    for entry in entries {
      guard let workflow = Workflow(rawValue: entry.key) else {
        findings.append(
          Finding(
            place: entry.keyPlace, message: "'\(entry.key)' is no workflow",
            suggestion: "known: \(Workflow.allCases.map(\.rawValue).joined(separator: ", "))"))
        continue
      }
      guard case .scalar(let text, let place) = entry.value else {
        findings.append(
          Finding(
            place: entry.value.place, message: "a reason is a text",
            suggestion: "write it after '\(entry.key):'"))
        continue
      }
      if !asked.contains(entry.key) {
        findings.append(
          Finding(
            place: entry.keyPlace,
            message: "\(requirement.text("id")) is not asked for in workflow \(entry.key)",
            suggestion: "leave this reason out"))
      }
      if let empty = finding(for: text, at: place) { findings.append(empty) }
      reasons.workflows[workflow] = text
    }
    return (reasons, findings)
  }

  private static func finding(for text: String, at place: SourcePlace) -> Finding? {
    guard text.allSatisfy(\.isWhitespace) else { return nil }
    return Finding(
      place: place, message: "the reason is empty", suggestion: "say why nothing can verify the requirement")
  }
}
