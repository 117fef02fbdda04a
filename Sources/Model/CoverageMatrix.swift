/// Which requirement is verified by what, in which workflow: computed from a specification and its procedures, never
/// written by hand.
public struct CoverageMatrix: Hashable, Sendable {
  /// Model text of the specification.
  public var model: String
  /// Title of the manual.
  public var document: String
  public var specification: DocumentReference
  public var procedures: [ProcedureEntry]
  /// The workflows that were looked at, in their order.
  public var workflows: [Workflow]
  /// In the order of the specification.
  public var rows: [Row]

  public init(
    model: String, document: String, specification: DocumentReference, procedures: [ProcedureEntry],
    workflows: [Workflow], rows: [Row]
  ) {
    self.model = model
    self.document = document
    self.specification = specification
    self.procedures = procedures
    self.workflows = workflows
    self.rows = rows
  }

  /// A procedure that was looked at.
  public struct ProcedureEntry: Hashable, Sendable {
    public var title: String
    public var workflow: Workflow
    public var reference: DocumentReference
    public init(title: String, workflow: Workflow, reference: DocumentReference) {
      self.title = title
      self.workflow = workflow
      self.reference = reference
    }
  }

  /// One measurement of one step that fails on a unit that breaks the requirement.
  public struct Evidence: Hashable, Sendable {
    /// How the measurement speaks about the requirement.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// Its limit is the requirement's own.
      case judged
      /// Its limit is another requirement's and would be missed, too.
      case also
      /// The requirement asks for a record, and the run is inconclusive without it.
      case recorded
      /// A stored value that the step compares with the limit by itself.
      case held
    }

    public var procedure: String
    public var step: String
    public var stepTitle: String
    /// Empty when the step holds the unit to the limit by itself.
    public var measurement: String
    public var limit: String
    public var kind: Kind
    public var basis: LimitBasis
    /// Chemistries for which the limit leads to the requirement; of three, usually all.
    public var chemistries: [Chemistry]
    public var conflicts: [String]

    public init(
      procedure: String, step: String, stepTitle: String, measurement: String, limit: String, kind: Kind,
      basis: LimitBasis, chemistries: [Chemistry], conflicts: [String]
    ) {
      self.procedure = procedure
      self.step = step
      self.stepTitle = stepTitle
      self.measurement = measurement
      self.limit = limit
      self.kind = kind
      self.basis = basis
      self.chemistries = chemistries
      self.conflicts = conflicts
    }
  }

  /// What becomes of a requirement in a workflow.
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// Asked for, and some measurement verifies it, or all requirements it consists of are verified.
    case verified
    /// Asked for, and a written reason says why nothing can verify it.
    case reason
    /// Asked for, and nothing verifies it.
    case gap
    /// Not asked for, but verified all the same.
    case extra
    /// Neither asked for nor verified.
    case notAsked = "not-asked"
  }

  public struct Cell: Hashable, Sendable {
    public var workflow: Workflow
    public var state: State
    /// Reduced form in which the workflow asks for it, e.g. `1pt`; empty for the whole.
    public var form: String
    public var evidence: [Evidence]
    /// Requirements it consists of.
    public var follows: [String]
    /// Why it is not verified; also there when it is verified, and then the reason is out of date.
    public var reason: String

    public init(
      workflow: Workflow, state: State, form: String, evidence: [Evidence], follows: [String], reason: String
    ) {
      self.workflow = workflow
      self.state = state
      self.form = form
      self.evidence = evidence
      self.follows = follows
      self.reason = reason
    }

    public var isReasonOutOfDate: Bool { state == .verified && !reason.isEmpty }
  }

  public struct Row: Hashable, Sendable {
    public var requirement: Requirement
    /// One for each workflow of the matrix.
    public var cells: [Cell]
    public init(requirement: Requirement, cells: [Cell]) {
      self.requirement = requirement
      self.cells = cells
    }

    /// True when no workflow asks for it; then it needs a reason that holds everywhere.
    public var isAskedNowhere: Bool { requirement.workflows.isEmpty }
    public var isUnexplained: Bool { isAskedNowhere && requirement.unverified.general == nil }

    /// Conflicts of the manual that the evidence rests on.
    public var conflicts: [String] {
      cells.flatMap(\.evidence).flatMap(\.conflicts).reduce(into: []) { list, id in
        if !list.contains(id) { list.append(id) }
      }
    }
  }

  /// How many cells of a workflow are in a state.
  public func count(_ state: State, in workflow: Workflow) -> Int {
    rows.count { row in row.cells.contains { $0.workflow == workflow && $0.state == state } }
  }

  /// Requirement and workflow of everything that is asked for and left open; nil for one that no workflow asks for
  /// and that has no reason.
  public var gaps: [(requirement: Requirement, workflow: Workflow?)] {
    rows.flatMap { row -> [(requirement: Requirement, workflow: Workflow?)] in
      if row.isUnexplained { return [(row.requirement, nil)] }
      return row.cells.filter { $0.state == .gap }.map { (row.requirement, $0.workflow) }
    }
  }

  public var isComplete: Bool { gaps.isEmpty }
}
