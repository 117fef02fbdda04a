import Quantities

/// What may stand at a key of a file people write. Reading, checking and the published schema all follow from it.
public indirect enum FieldKind: Hashable, Sendable {
  /// A number with a unit; the range is in base units.
  case quantity(Dimension, range: ClosedRange<Double>? = nil)
  /// A plain number without a unit.
  case number(range: ClosedRange<Double>? = nil)
  case integer(range: ClosedRange<Int>? = nil)
  case text
  /// `yes` or `no` (`true` and `false` are read too).
  case flag
  case choice([String])
  /// The id of a limit in the specification; the limit must be of this dimension when one is given.
  case limit(Dimension? = nil)
  /// Anything; whoever declares it reads the raw document value.
  case any
  case list(of: FieldKind)
  case table([FieldDeclaration])
  /// A table whose keys are free and whose values are all of one kind.
  case map(FieldKind)
}

/// One key of a table in a file people write.
public struct FieldDeclaration: Hashable, Sendable {
  /// Kebab-case, e.g. `settle-time`.
  public var name: String
  public var kind: FieldKind
  /// A missing required key is a finding.
  public var required: Bool
  /// Taken when the key is missing, written as a person would write it; entries of a list are split at commas.
  public var defaultText: String?
  /// One line for schema and help.
  public var doc: String

  /// - Parameter required: When left out, a field is required exactly when it has no default.
  public init(
    _ name: String, _ kind: FieldKind, required: Bool? = nil, default defaultText: String? = nil,
    doc: String
  ) {
    precondition(required != true || defaultText == nil, "field '\(name)' is required and has a default")
    self.name = name
    self.kind = kind
    self.required = required ?? (defaultText == nil)
    self.defaultText = defaultText
    self.doc = doc
  }
}

extension FieldKind {
  /// What a message calls it: `a voltage`, `a whole number`, `a list`.
  public var phrase: String {
    switch self {
    case .quantity(let dimension, _): "a \(dimension.name)"
    case .number: "a number"
    case .integer: "a whole number"
    case .text: "a text"
    case .flag: "yes or no"
    case .choice(let names): "one of \(names.joined(separator: ", "))"
    case .limit: "the id of a limit"
    case .any: "a value"
    case .list(let kind): "a list, each entry \(kind.phrase)"
    case .table, .map: "a table of keys"
    }
  }
}
