import Model
import Rigging

/// Which requirements a procedure judges, and why it judges no others.
struct ProcedureScope {
  /// Requirements that the procedure judges with the chemistry of the run, by one of its steps or by parts that all
  /// are judged.
  let judged: Set<String>
  private let specification: Specification
  let workflow: Workflow
  private let procedure: String

  init(_ checked: CheckedRun) {
    specification = checked.specification.specification
    workflow = checked.plan.workflow
    procedure = checked.plan.name
    let own = checked.judgedRequirements
    let whole = specification.requirements.filter { !$0.follows.isEmpty && own.isSuperset(of: $0.follows) }
    judged = own.union(whole.map(\.id))
  }

  /// True when a run failed at a requirement or at a part of it.
  func failed(_ id: String, in result: StudyResult) -> Bool {
    ([id] + (specification.requirement(id)?.follows ?? [])).contains(where: result.failed.contains)
  }

  /// What can be expected of the procedure for a unit that breaks these requirements.
  enum Reach: Hashable {
    case judged
    /// None of them belongs to the workflow of the procedure, or the specification says why nothing can verify it.
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
        if let reason = unverified(id) { return "\(named(id)): \(reason)" }
        let others = specification.requirement(id)?.workflows.joined(separator: ", ") ?? ""
        let home = others.isEmpty ? "belongs to no workflow" : "is verified in \(others)"
        return "\(named(id)) \(home), not in \(workflow.rawValue)"
      }.joined(separator: "; "))
  }

  /// Forms like `EOL(1pt)` name the workflow, too.
  private func belongs(_ id: String) -> Bool {
    specification.requirement(id)?.form(in: workflow) != nil && unverified(id) == nil
  }

  private func unverified(_ id: String) -> String? {
    specification.requirement(id).flatMap { requirement in
      requirement.form(in: workflow) == nil ? nil : requirement.unverified.reason(for: workflow)
    }
  }

  private func named(_ id: String) -> String {
    specification.requirement(id).map { "\(id) (\($0.title))" } ?? id
  }

  private func list(_ ids: [String]) -> String { ids.map(named).joined(separator: ", ") }
}
