import Quantities
import Simulation

/// One settable parameter of a simulated unit.
public struct UnitParameterEntry: Sendable {
  /// Words joined by dots; `N` stands for a number from `indices`, e.g. `channels.N.offset`.
  public let path: String
  /// What `N` may be; nil for a path without one.
  public let indices: ClosedRange<Int>?
  public let kind: UnitParameterKind
  /// One line.
  public let doc: String
  /// Takes an index (0 without one) and a value that `kind` has checked.
  let apply: @Sendable (inout UnitParameters, Int, UnitParameterValue) -> Void

  /// The index when `text` is this path; 0 for a path without one.
  func index(matching text: String) -> Int? {
    guard let indices else { return text == path ? 0 : nil }
    let pattern = path.split(separator: ".", omittingEmptySubsequences: false)
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    guard pattern.count == words.count else { return nil }
    var index: Int?
    for (expected, word) in zip(pattern, words) {
      if expected == "N" {
        guard let number = Int(word), indices.contains(number) else { return nil }
        index = number
      } else if expected != word {
        return nil
      }
    }
    return index
  }
}

/// Every parameter that a unit file may set, in the order of documentation.
public enum UnitParameterCatalog {
  public static let entries: [UnitParameterEntry] =
    general + identity + frontEnd + frontEndDefects + power + supplyDefects + protections + balancer
    + indicators + indicatorDefects + firmware + firmwareDefects + communication + telemetryDefects + memory
    + settings + article

  /// The entry for a concrete path such as `channels.7.offset`, with its index.
  /// - Throws: `UnitParameterError` with the paths that begin alike.
  public static func entry(at path: String) throws(UnitParameterError) -> (
    entry: UnitParameterEntry, index: Int
  ) {
    if let entry = byPath[generalized(path)], let index = entry.index(matching: path) {
      return (entry, index)
    }
    throw UnitParameterError(
      path: path, message: "no such parameter of a simulated unit",
      suggestion: "known are \(groups.paths[firstWord(path)] ?? groups.names)")
  }

  /// The path as the catalogue has it: `channels.7.offset` is `channels.N.offset`.
  public static func generalized(_ path: String) -> String {
    path.split(separator: ".", omittingEmptySubsequences: false)
      .map { $0.isEmpty || !$0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) ? $0 : "N" }
      .joined(separator: ".")
  }

  private static let byPath = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0) })

  /// The paths that begin with a word, and all these words, each as a list to read in the order of documentation.
  private static let groups: (paths: [String: String], names: String) = {
    let paths = Dictionary(grouping: entries.map(\.path), by: firstWord)
    var names: [String] = []
    for name in entries.map({ firstWord($0.path) }) where !names.contains(name) { names.append(name) }
    return (paths.mapValues { $0.joined(separator: ", ") }, names.joined(separator: ", "))
  }()

  private static func firstWord(_ path: String) -> String { String(path.prefix { $0 != "." }) }

  /// The unit that a unit file describes: a good unit drawn from `seed` when that is given, otherwise the nominal
  /// one; then every value in the order written.
  public static func unit(
    _ values: [(path: String, value: UnitParameterValue)]
  ) throws(UnitParameterError) -> UnitParameters {
    var unit = UnitParameters()
    for (path, value) in values where path == "seed" {
      try unit.set(path: path, value: value)
      unit = .seeded(SeededRandom(seed: unit.seed))
    }
    for (path, value) in values where path != "seed" { try unit.set(path: path, value: value) }
    return unit
  }
}

extension UnitParameters {
  /// Sets one parameter. Setting `seed` alone redraws nothing; see `UnitParameterCatalog.unit`.
  /// - Throws: `UnitParameterError` for an unknown path or a value of wrong type or out of range; nothing has
  ///   changed then.
  public mutating func set(path: String, value: UnitParameterValue) throws(UnitParameterError) {
    let (entry, index) = try UnitParameterCatalog.entry(at: path)
    do {
      entry.apply(&self, index, try entry.kind.check(value))
    } catch {
      throw UnitParameterError(path: path, message: error.message, suggestion: error.suggestion)
    }
  }
}

// MARK: how entries are written

extension UnitParameterCatalog {
  typealias Index = Int

  static func quantity(
    _ path: String, _ dimension: Dimension, _ range: ClosedRange<Double>, _ doc: String,
    indices: ClosedRange<Int>? = nil, _ set: @escaping @Sendable (inout UnitParameters, Index, Double) -> Void
  ) -> UnitParameterEntry {
    number(path, kind: .quantity(dimension, range), doc, indices: indices, set)
  }

  static func number(
    _ path: String, _ range: ClosedRange<Double>, _ doc: String, indices: ClosedRange<Int>? = nil,
    _ set: @escaping @Sendable (inout UnitParameters, Index, Double) -> Void
  ) -> UnitParameterEntry {
    number(path, kind: .number(range), doc, indices: indices, set)
  }

  private static func number(
    _ path: String, kind: UnitParameterKind, _ doc: String, indices: ClosedRange<Int>?,
    _ set: @escaping @Sendable (inout UnitParameters, Index, Double) -> Void
  ) -> UnitParameterEntry {
    UnitParameterEntry(path: path, indices: indices, kind: kind, doc: doc) { unit, index, value in
      guard case .number(let number) = value else { preconditionFailure("\(path) got \(value)") }
      set(&unit, index, number)
    }
  }

  static func integer(
    _ path: String, _ range: ClosedRange<Int>, _ doc: String, indices: ClosedRange<Int>? = nil,
    _ set: @escaping @Sendable (inout UnitParameters, Index, Int) -> Void
  ) -> UnitParameterEntry {
    UnitParameterEntry(path: path, indices: indices, kind: .integer(range), doc: doc) { unit, index, value in
      guard case .integer(let number) = value else { preconditionFailure("\(path) got \(value)") }
      set(&unit, index, number)
    }
  }

  static func flag(
    _ path: String, _ doc: String, indices: ClosedRange<Int>? = nil,
    _ set: @escaping @Sendable (inout UnitParameters, Index, Bool) -> Void
  ) -> UnitParameterEntry {
    UnitParameterEntry(path: path, indices: indices, kind: .flag, doc: doc) { unit, index, value in
      guard case .flag(let flag) = value else { preconditionFailure("\(path) got \(value)") }
      set(&unit, index, flag)
    }
  }

  static func text(
    _ path: String, _ length: ClosedRange<Int>, _ doc: String,
    _ set: @escaping @Sendable (inout UnitParameters, String) -> Void
  ) -> UnitParameterEntry {
    UnitParameterEntry(path: path, indices: nil, kind: .text(length), doc: doc) { unit, _, value in
      guard case .text(let text) = value else { preconditionFailure("\(path) got \(value)") }
      set(&unit, text)
    }
  }

  /// A choice among the raw values of an enumeration.
  static func choice<Word: RawRepresentable & CaseIterable & Sendable>(
    _ path: String, _ doc: String, _ set: @escaping @Sendable (inout UnitParameters, Word) -> Void
  ) -> UnitParameterEntry where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    return UnitParameterEntry(path: path, indices: nil, kind: .choice(words), doc: doc) { unit, _, value in
      guard case .text(let text) = value, let word = Word(rawValue: text) else {
        preconditionFailure("\(path) got \(value)")
      }
      set(&unit, word)
    }
  }
}
