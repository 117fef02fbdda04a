import Model
import Rigging

/// Which requirements a procedure judges, and why it judges no others.
struct ProcedureScope {
  /// Requirements that a step of the procedure judges with the chemistry of the run.
  let judged: Set<String>
  private let specification: Specification
  private let workflow: Workflow
  private let procedure: String

  init(_ checked: CheckedRun) {
    specification = checked.specification.specification
    workflow = checked.plan.workflow
    procedure = checked.plan.name
    var judged: Set<String> = []
    for step in checked.plan.allPhases.flatMap(\.steps) {
      for entry in step.measure {
        guard case .limit(let id, _) = entry.use, let limitCase = checked.limits.limitCase(id) else {
          continue
        }
        judged.insert(limitCase.requirement)
      }
    }
    self.judged = judged
  }

  /// What can be expected of the procedure for a unit that breaks these requirements.
  enum Reach: Hashable {
    case judged
    /// None of them belongs to the workflow of the procedure.
    case outOfScope(String)
    /// Some belong to it, and no step judges them.
    case unjudged(String)
  }

  func reach(_ breaks: [String]) -> Reach {
    guard !breaks.contains(where: judged.contains) else { return .judged }
    let missing = breaks.filter { belongs($0) }
    guard missing.isEmpty else {
      let words = "\(list(missing)) \(missing.count == 1 ? "belongs" : "belong") to workflow "
      return .unjudged(words + "\(workflow.rawValue), but no step of '\(procedure)' judges it")
    }
    return .outOfScope(
      breaks.map { id in
        let others = specification.requirement(id)?.workflows.joined(separator: ", ") ?? ""
        let home = others.isEmpty ? "belongs to no workflow" : "is verified in \(others)"
        return "\(named(id)) \(home), not in \(workflow.rawValue)"
      }.joined(separator: "; "))
  }

  /// Forms like `EOL(1pt)` name the workflow, too.
  private func belongs(_ id: String) -> Bool {
    specification.requirement(id)?.workflows.contains { $0.hasPrefix(workflow.rawValue) } ?? false
  }

  private func named(_ id: String) -> String {
    specification.requirement(id).map { "\(id) (\($0.title))" } ?? id
  }

  private func list(_ ids: [String]) -> String { ids.map(named).joined(separator: ", ") }
}
