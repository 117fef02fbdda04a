import Engine
import Model
import Steps

/// Computes which requirement of a specification is verified by which steps of which procedures. Pure: documents in,
/// matrix out.
///
/// A step counts for a requirement when a limit that it judges by leads there, in the procedure's workflow, for at
/// least one chemistry. What a procedure calls information judges nothing and does not count, and neither do limits
/// that a step only takes numbers from.
public struct CoverageComputation: Sendable {
  let specification: Specification
  let procedures: [Procedure]

  public init(specification: Specification, procedures: [Procedure]) {
    self.specification = specification
    self.procedures = procedures
  }

  /// One row for each requirement, with a cell for each of the workflows.
  public func rows(_ workflows: [Workflow] = Workflow.allCases) -> [CoverageMatrix.Row] {
    var evidence: [Workflow: [String: [CoverageMatrix.Evidence]]] = [:]
    for workflow in workflows {
      for procedure in procedures where procedure.workflow == workflow {
        for (requirement, found) in self.evidence(in: procedure) {
          evidence[workflow, default: [:]][requirement, default: []].append(found)
        }
      }
    }
    return specification.requirements.map { requirement in
      CoverageMatrix.Row(
        requirement: requirement,
        cells: workflows.map { cell(requirement, $0, evidence[$0] ?? [:]) })
    }
  }

  private func cell(
    _ requirement: Requirement, _ workflow: Workflow, _ evidence: [String: [CoverageMatrix.Evidence]]
  ) -> CoverageMatrix.Cell {
    let own = evidence[requirement.id] ?? []
    let follows =
      !requirement.follows.isEmpty && requirement.follows.allSatisfy { evidence[$0]?.isEmpty == false }
    let form = requirement.form(in: workflow)
    let reason = form == nil ? "" : requirement.unverified.reason(for: workflow) ?? ""
    let state: CoverageMatrix.State =
      switch (form != nil, !own.isEmpty || follows) {
      case (true, true): .verified
      case (true, false): reason.isEmpty ? .gap : .reason
      case (false, true): .extra
      case (false, false): .notAsked
      }
    return CoverageMatrix.Cell(
      workflow: workflow, state: state, form: form ?? "", evidence: own,
      follows: follows ? requirement.follows : [], reason: reason)
  }

  /// Requirement by requirement in the order of the steps; what differs only in the chemistry is one entry.
  private func evidence(
    in procedure: Procedure
  ) -> [(requirement: String, evidence: CoverageMatrix.Evidence)] {
    var found: [(requirement: String, evidence: CoverageMatrix.Evidence)] = []
    for step in procedure.allPhases.flatMap(\.steps) {
      for chemistry in Chemistry.allCases {
        let limits = LimitResolver(
          specification: specification, chemistry: chemistry, workflow: procedure.workflow)
        for claim in StepClaims(step: step, limits: limits, cellCount: procedure.cellCount).all {
          var one = claim.evidence
          one.procedure = procedure.name
          one.step = step.id
          one.stepTitle = step.title
          let same = found.firstIndex {
            $0.requirement == claim.requirement && $0.evidence.isSameButChemistry(one)
          }
          if let same {
            found[same].evidence.chemistries.append(chemistry)
          } else {
            one.chemistries = [chemistry]
            found.append((claim.requirement, one))
          }
        }
      }
    }
    return found
  }
}

extension CoverageMatrix.Evidence {
  fileprivate func isSameButChemistry(_ other: Self) -> Bool {
    var own = self
    own.chemistries = other.chemistries
    return own == other
  }
}

extension CheckedRun {
  /// Requirements that some step judges with the chemistry and string count of this run. What is only recorded fails on
  /// no unit and does not count.
  public var judgedRequirements: Set<String> {
    var judged: Set<String> = []
    for step in plan.allPhases.flatMap(\.steps) {
      for claim in StepClaims(step: step, limits: limits, cellCount: plan.cellCount).all
      where limits.limitCase(claim.evidence.limit)?.rule != .recorded { judged.insert(claim.requirement) }
    }
    return judged
  }
}

/// What one step says about requirements, for one chemistry and workflow.
private struct StepClaims {
  let step: ProcedureStep
  let limits: LimitResolver
  let cellCount: Int

  typealias Claim = (requirement: String, evidence: CoverageMatrix.Evidence)

  var all: [Claim] {
    guard let kind = StepCatalog.kind(step.kind) else { return [] }
    let (values, findings) = FieldReader.read(kind.parameters, entries: step.parameters, place: step.place)
    guard findings.isEmpty else { return [] }
    let reach = kind.reach(values)
    var claims: [Claim] = []
    for entry in step.measure {
      guard case .limit(let id, _) = entry.use else { continue }
      claims += self.claims(of: id, measurement: entry.name, reach: reach, held: false)
    }
    for id in kind.limitsHeld(ProcedureCheck.context(step, values, limits, cellCount)) {
      claims += self.claims(of: id, measurement: "", reach: [], held: true)
    }
    return claims
  }

  private func claims(of id: String, measurement: String, reach: [Reach], held: Bool) -> [Claim] {
    guard let limitCase = limits.limitCase(id) else { return [] }
    func claim(_ requirement: String, _ kind: CoverageMatrix.Evidence.Kind) -> Claim {
      (
        requirement,
        CoverageMatrix.Evidence(
          procedure: "", step: "", stepTitle: "", measurement: measurement, limit: id, kind: kind,
          basis: limitCase.basis, chemistries: [], conflicts: limitCase.conflicts)
      )
    }
    let own: CoverageMatrix.Evidence.Kind = held ? .held : limitCase.rule == .recorded ? .recorded : .judged
    return [claim(limitCase.requirement, own)]
      + limitCase.also(in: limits.workflow, reach: reach).map { claim($0, held ? .held : .also) }
  }
}
