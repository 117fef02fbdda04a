import Quantities

/// The three cell chemistries the manual gives limits for.
public enum Chemistry: String, Codable, Sendable, CaseIterable { case ncm = "NCM", lfp = "LFP", lto = "LTO" }

/// Where a procedure is used; decides which of several limits of one requirement applies.
public enum Workflow: String, Codable, Sendable, CaseIterable {
  case endOfLine = "EOL", incoming = "INC", warranty = "WAR", designValidation = "DV"
}

/// Whose number a limit is. A report prints it beside every limit.
public enum LimitBasis: String, Codable, Sendable, CaseIterable {
  /// Printed in the vendor's manual.
  case vendor
  /// Ours, because the manual is silent.
  case project
}

/// One numbered requirement of the product specification.
public struct Requirement: Hashable, Sendable, Codable {
  public var id: String
  public var title: String
  /// What the manual says, in our words.
  public var value: String
  /// Section of the manual.
  public var section: String
  public var tolerance: String
  public var workflows: [String]
  public var procedures: [String]
  public var pass: String
  public var defaultLimit: String
  /// Requirements it consists of: it is met where all of them are.
  public var follows: [String]
  /// Why nothing verifies it, where that is so.
  public var unverified: UnverifiedReasons

  public init(
    id: String, title: String, value: String, section: String, tolerance: String, workflows: [String],
    procedures: [String], pass: String, defaultLimit: String, follows: [String] = [],
    unverified: UnverifiedReasons = .none
  ) {
    self.id = id
    self.title = title
    self.value = value
    self.section = section
    self.tolerance = tolerance
    self.workflows = workflows
    self.procedures = procedures
    self.pass = pass
    self.defaultLimit = defaultLimit
    self.follows = follows
    self.unverified = unverified
  }

  /// The form in which a workflow asks for it: `1pt` for `EOL(1pt)`, empty for the whole; nil when it does not ask.
  public func form(in workflow: Workflow) -> String? {
    for text in workflows {
      let parts = text.split(separator: "(", maxSplits: 1)
      guard parts.first.map(String.init) == workflow.rawValue else { continue }
      return parts.count == 2 ? String(parts[1].prefix { $0 != ")" }) : ""
    }
    return nil
  }
}

/// Why neither rig, person nor desk can verify a requirement: for every workflow, or for some.
public struct UnverifiedReasons: Hashable, Sendable, Codable {
  /// Holds wherever no workflow has a reason of its own; nil when there is none.
  public var general: String?
  public var workflows: [Workflow: String]

  public init(general: String? = nil, workflows: [Workflow: String] = [:]) {
    self.general = general
    self.workflows = workflows
  }

  public static let none = UnverifiedReasons()

  public func reason(for workflow: Workflow) -> String? { workflows[workflow] ?? general }
}

/// Which side of a tolerance is left open.
public enum OpenSide: String, Codable, Sendable, CaseIterable { case below, above }

/// What an observation must satisfy, before a nominal that is only known at run time is put in.
public enum LimitRule: Hashable, Sendable, Codable {
  /// `low` and `high` in base units; nil is open.
  case window(low: Double?, high: Double?)
  /// Nominal ± a tolerance; the nominal comes from the step (the programmed setting, the reference reading).
  /// `larger` true: the larger of both parts counts, false: their sum. `open`: the side that has no limit.
  case tolerance(absolute: Double, relative: Double, larger: Bool, open: OpenSide? = nil)
  /// A text, yes/no (`true`, `false`) or whole number that must match exactly.
  case equals(String)
  /// The observation must equal a text that the step gives (an order, an archive).
  case matchesNominal
  /// Nothing is compared, but the value must be there: what is missing cannot pass. The nominal, when there is one,
  /// is printed beside it.
  case recorded
}

/// One case of a limit: for which chemistries and workflows, from which requirement, on whose authority.
public struct LimitCase: Hashable, Sendable, Codable {
  /// The requirement a failure names.
  public var requirement: String
  /// Further requirements that a measurement judged by this case verifies: a unit that breaks one of them fails it.
  public var also: [AlsoVerified]
  /// Conflicts of the manual whose decision the rule rests on.
  public var conflicts: [String]
  public var chemistries: [Chemistry]
  public var workflows: [Workflow]
  public var nominal: Double?
  public var rule: LimitRule
  public var basis: LimitBasis
  /// Where in the manual the number stands, or why we chose it.
  public var source: String

  public init(
    requirement: String, also: [AlsoVerified] = [], chemistries: [Chemistry], workflows: [Workflow],
    nominal: Double?, rule: LimitRule, basis: LimitBasis, source: String, conflicts: [String] = []
  ) {
    self.requirement = requirement
    self.also = also
    self.conflicts = conflicts
    self.chemistries = chemistries
    self.workflows = workflows
    self.nominal = nominal
    self.rule = rule
    self.basis = basis
    self.source = source
  }
}

extension LimitCase {
  /// Ids of the further requirements verified in a workflow by a step of that reach.
  public func also(in workflow: Workflow, reach: [Reach]) -> [String] {
    also.filter { $0.holds(in: workflow, reach: reach) }.map(\.requirement)
  }

  /// True when only the nominal itself is allowed, as for a stored setting.
  public var isExact: Bool {
    if case .window(let low?, let high?) = rule { low == high } else { false }
  }
}

/// A named limit that procedures refer to, e.g. `ovp-trip`.
public struct LimitDefinition: Hashable, Sendable, Codable {
  public var id: String
  public var title: String
  /// nil for texts and yes/no.
  public var dimension: Dimension?
  public var cases: [LimitCase]

  public init(id: String, title: String, dimension: Dimension?, cases: [LimitCase]) {
    self.id = id
    self.title = title
    self.dimension = dimension
    self.cases = cases
  }

  /// The case that holds for a chemistry and workflow, most specific listed first wins.
  public func applicable(chemistry: Chemistry, workflow: Workflow) -> LimitCase? {
    cases.first {
      ($0.chemistries.isEmpty || $0.chemistries.contains(chemistry))
        && ($0.workflows.isEmpty || $0.workflows.contains(workflow))
    }
  }
}

/// A contradiction or gap of the manual and what we do about it.
public struct SpecificationConflict: Hashable, Sendable, Codable {
  public var id: String
  /// Sections concerned.
  public var place: String
  public var gap: String
  public var decision: String

  public init(id: String, place: String, gap: String, decision: String) {
    self.id = id
    self.place = place
    self.gap = gap
    self.decision = decision
  }
}

/// The manual as data: requirements, limits and constants of one product variant.
public struct Specification: Hashable, Sendable, Codable {
  /// Model text of the unit, e.g. `EK-B24S8E300A`.
  public var model: String
  /// Rated current class in amperes: 200, 250 or 300.
  public var ratedCurrent: Double
  public var document: String
  public var requirements: [Requirement]
  public var limits: [LimitDefinition]
  public var conflicts: [SpecificationConflict]

  public init(
    model: String, ratedCurrent: Double, document: String, requirements: [Requirement],
    limits: [LimitDefinition], conflicts: [SpecificationConflict] = []
  ) {
    self.model = model
    self.ratedCurrent = ratedCurrent
    self.document = document
    self.requirements = requirements
    self.limits = limits
    self.conflicts = conflicts
  }

  public func requirement(_ id: String) -> Requirement? { requirements.first { $0.id == id } }
  public func limit(_ id: String) -> LimitDefinition? { limits.first { $0.id == id } }
  public func conflict(_ id: String) -> SpecificationConflict? { conflicts.first { $0.id == id } }
}
