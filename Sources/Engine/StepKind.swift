import Capabilities
import Model
import Quantities

/// What a step kind can observe. A procedure must say of each whether it is judged or information.
public struct MeasurementDeclaration: Hashable, Sendable {
  public let name: String
  /// nil for texts and yes/no.
  public let dimension: Dimension?
  public let doc: String
  /// A procedure may leave it out; it is then recorded as information.
  public let optional: Bool
  public init(_ name: String, _ dimension: Dimension?, optional: Bool = false, _ doc: String) {
    self.name = name
    self.dimension = dimension
    self.optional = optional
    self.doc = doc
  }
}

/// A value that a step will ask of the rig, so that it can be checked before anything is opened.
public struct Demand: Hashable, Sendable {
  public let role: RoleName
  public let quantity: AnyQuantity
  /// What the step wants it for.
  public let purpose: String
  public let place: SourcePlace
  /// How long it is wanted, where that is known beforehand: what charge and energy are reckoned with.
  public let duration: TimeSpan?
  public init(
    role: RoleName, quantity: AnyQuantity, purpose: String, place: SourcePlace, duration: TimeSpan? = nil
  ) {
    self.duration = duration
    self.role = role
    self.quantity = quantity
    self.purpose = purpose
    self.place = place
  }
}

/// An uncertainty a step needs from the rig file.
public struct UncertaintyNeed: Hashable, Sendable {
  public let role: RoleName
  public let quantity: String
  public let dimension: Dimension
  public init(_ role: RoleName, _ quantity: String, _ dimension: Dimension) {
    self.role = role
    self.quantity = quantity
    self.dimension = dimension
  }
}

/// What a step kind may look at while a procedure is checked.
public struct CheckContext: Sendable {
  public let values: FieldValues
  public let limits: LimitResolver
  public let cellCount: Int
  public let step: ProcedureStep
  /// Dimension of a setting of the unit that the rig may write; nil for unknown and forbidden ones.
  public let settingDimension: @Sendable (String) -> Dimension?
  /// Names of all settings that the rig may write.
  public let settingNames: [String]
  public init(
    values: FieldValues, limits: LimitResolver, cellCount: Int, step: ProcedureStep, settingNames: [String],
    settingDimension: @escaping @Sendable (String) -> Dimension?
  ) {
    self.settingNames = settingNames
    self.settingDimension = settingDimension
    self.values = values
    self.limits = limits
    self.cellCount = cellCount
    self.step = step
  }
}

/// The code behind one kind of step: parameters, what it observes, how it is done.
public protocol StepKind: Sendable {
  /// Kebab-case, as procedures spell it.
  static var id: String { get }
  /// One or two sentences for `bmsrig steps`.
  static var summary: String { get }
  static var parameters: [FieldDeclaration] { get }
  static var measurements: [MeasurementDeclaration] { get }
  /// Roles the rig must offer.
  static var roles: [RoleName] { get }
  static var uncertainties: [UncertaintyNeed] { get }
  /// Limits whose numbers the step uses itself (brackets), beyond those it judges with.
  static func limitsUsed(_ context: CheckContext) -> [String]
  /// Limits it holds the unit to although no entry of `measure:` names them: stored values that must equal the
  /// nominal of a limit.
  static func limitsHeld(_ context: CheckContext) -> [String]
  /// What of the unit it exercises whole; found where `cells` or `sensors` says `all`.
  static func reach(_ values: FieldValues) -> [Reach]
  /// True when it changes settings of the unit: the closing phase must then restore them.
  static var writesSettings: Bool { get }
  /// True when it restores the archived settings and proves them.
  static var restoresSettings: Bool { get }
  /// True when it may simply be done again from rest after the unit's link was lost in it: it neither stresses the unit
  /// nor counts what it does, and measuring twice is no harm.
  static var isRepeatable: Bool { get }
  /// What it will ask of the rig.
  static func demands(_ context: CheckContext) -> [Demand]
  /// What is wrong beyond the shape of the parameters.
  static func findings(_ context: CheckContext) -> [Finding]
  /// A snippet of a procedure that uses it; a test parses and checks it.
  static var sample: String { get }
  static func run(_ context: StepContext) async throws

  // For kinds whose measurements, roles and uncertainties hang on their parameters; the others leave them as they are.
  static func measurements(for values: FieldValues) -> [MeasurementDeclaration]
  static func roles(for values: FieldValues) -> [RoleName]
  static func uncertainties(for values: FieldValues) -> [UncertaintyNeed]
  /// What it will ask a person, in order. Answers files are checked against it.
  static func questions(for values: FieldValues) -> [OperatorQuestion]
}

extension StepKind {
  public static var uncertainties: [UncertaintyNeed] { [] }
  public static var writesSettings: Bool { false }
  public static var restoresSettings: Bool { false }
  public static var isRepeatable: Bool { false }
  public static func limitsUsed(_ context: CheckContext) -> [String] { [] }
  public static func limitsHeld(_ context: CheckContext) -> [String] { [] }
  public static func reach(_ values: FieldValues) -> [Reach] {
    func isAll(_ name: String) -> Bool {
      guard let words = values.value(name)?.list else { return false }
      return words.contains { $0.text == "all" }
    }
    return (isAll("cells") ? [.allCells] : []) + (isAll("sensors") ? [.allSensors] : [])
  }
  public static func demands(_ context: CheckContext) -> [Demand] { [] }
  public static func findings(_ context: CheckContext) -> [Finding] { [] }
  public static func measurements(for values: FieldValues) -> [MeasurementDeclaration] { measurements }
  public static func roles(for values: FieldValues) -> [RoleName] { roles }
  public static func uncertainties(for values: FieldValues) -> [UncertaintyNeed] { uncertainties }
  public static func questions(for values: FieldValues) -> [OperatorQuestion] { [] }
}
