import Model
import Quantities

/// What a step knows at run time that a limit may hang on: the programmed setting, the reference reading, the
/// archived text.
public enum Nominal: Hashable, Sendable {
  case number(Double)
  case text(String)
}

/// Resolves limit ids of one specification for one chemistry and workflow.
public struct LimitResolver: Sendable {
  public let specification: Specification
  public let chemistry: Chemistry
  public let workflow: Workflow
  private let byID: [String: LimitDefinition]

  public init(specification: Specification, chemistry: Chemistry, workflow: Workflow) {
    self.specification = specification
    self.chemistry = chemistry
    self.workflow = workflow
    byID = Dictionary(specification.limits.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public func definition(_ id: String) -> LimitDefinition? { byID[id] }

  /// The case in force.
  public func limitCase(_ id: String) -> LimitCase? {
    byID[id]?.applicable(chemistry: chemistry, workflow: workflow)
  }

  /// Nominal value of a limit in base units, e.g. 3.65 for `ovp-trip` of LFP.
  ///
  /// Where no case holds for the workflow, another workflow's case of the same chemistry gives the nominal: the value
  /// is the manual's, only the tolerance differs.
  public func nominal(_ id: String) -> Double? {
    limitCase(id)?.nominal
      ?? byID[id]?.cases.first { $0.chemistries.isEmpty || $0.chemistries.contains(chemistry) }?.nominal
  }

  /// The window of a limit in base units.
  public func window(_ id: String) -> (low: Double?, high: Double?)? {
    guard case .window(let low, let high)? = limitCase(id)?.rule else { return nil }
    return (low, high)
  }

  /// - Parameter reach: How much of the unit the step exercises; some requirements are verified only by all of it.
  /// - Returns: nil when the limit has no case here or needs a nominal that was not given.
  public func resolve(_ id: String, nominal: Nominal?, reach: [Reach] = []) -> ResolvedLimit? {
    guard let definition = byID[id], let limitCase = limitCase(id) else { return nil }
    var limit = ResolvedLimit(
      id: id, title: definition.title, requirement: limitCase.requirement,
      also: limitCase.also(in: workflow, reach: reach),
      basis: limitCase.basis, source: limitCase.source,
      conflicts: decisions(limitCase))
    switch limitCase.rule {
    case .window(let low, let high):
      limit.low = low
      limit.high = high
    case .tolerance(let absolute, let relative, let larger, let open):
      guard case .number(let center)? = nominal ?? limitCase.nominal.map(Nominal.number), center.isFinite
      else {
        return nil
      }
      let part = relative * center.magnitude
      let width = larger ? max(absolute, part) : absolute + part
      limit.low = open == .below ? nil : center - width
      limit.high = open == .above ? nil : center + width
    case .equals(let text): limit.expected = text
    case .matchesNominal:
      switch nominal {
      case .text(let text)?: limit.expected = text
      case .number(let x)?: limit.expected = "\(x)"
      case nil: return nil
      }
    case .recorded:
      limit.recorded = true
      limit.nominal = limitCase.nominal
    }
    return limit
  }

  /// Adds what another limit's number rests on, and its requirement where it allows only its nominal.
  func add(groundsOf id: String, to limit: inout ResolvedLimit) {
    guard let source = limitCase(id) else { return }
    limit.conflicts += decisions(source).filter { !limit.conflicts.contains($0) }
    guard source.isExact else { return }
    for requirement in [source.requirement] + source.also(in: workflow, reach: [])
    where requirement != limit.requirement && !limit.also.contains(requirement) {
      limit.also.append(requirement)
    }
  }

  private func decisions(_ limitCase: LimitCase) -> [ConflictDecision] {
    limitCase.conflicts.map { id in
      ConflictDecision(id: id, decision: specification.conflict(id)?.decision ?? "")
    }
  }
}
