import Model

/// Workflows that cannot be expected to catch a defect although they look at what it breaks, and why: end of line tries
/// three cells of 24, for example. A study lists them by name with the reason; it never makes such a unit pass.
public struct UnitUnseen: Hashable, Sendable {
  public private(set) var reasons: [String: String] = [:]

  static let key = "unseen"

  /// nil when the workflow must catch it.
  public func reason(in workflow: Workflow) -> String? { reasons[workflow.rawValue] }

  static func read(_ root: DocumentValue) -> (unseen: UnitUnseen, findings: [Finding]) {
    var unseen = UnitUnseen()
    guard case .table(let entries, _) = root, let entry = entries.first(where: { $0.key == key }) else {
      return (unseen, [])
    }
    let example = "write e.g. 'unseen: {EOL: three cells are tried per unit}'"
    guard case .table(let members, _) = entry.value else {
      return (
        unseen, [Finding(place: entry.value.place, message: "'\(key)' is no table", suggestion: example)]
      )
    }
    var findings: [Finding] = []
    for member in members {
      guard Workflow(rawValue: member.key) != nil else {
        let known = Workflow.allCases.map(\.rawValue).joined(separator: ", ")
        findings.append(
          Finding(
            place: member.keyPlace, message: "'\(member.key)' is no workflow",
            suggestion: "known are \(known)"))
        continue
      }
      guard case .scalar(let text, _) = member.value, !text.isEmpty else {
        findings.append(
          Finding(
            place: member.value.place, message: "'\(member.key)' needs a reason in words", suggestion: example
          ))
        continue
      }
      unseen.reasons[member.key] = text
    }
    return (unseen, findings)
  }
}
