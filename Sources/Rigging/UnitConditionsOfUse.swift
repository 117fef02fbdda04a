import Model
import Quantities

/// What a defect needs to show: some appear with one chemistry or string count only. A study runs the unit so;
/// `bmsrig run` is told on the command line.
///
/// ```yaml
/// conditions: {chemistry: LTO, cells: 20}
/// ```
public struct UnitConditionsOfUse: Hashable, Sendable {
  /// nil: the procedure's.
  public var chemistry: Chemistry?
  /// nil: the procedure's.
  public var cellCount: Int?

  /// `LTO, 20 cells`; empty when the procedure's hold.
  public var words: String {
    [chemistry?.rawValue, cellCount.map { "\($0) cells" }].compactMap { $0 }.joined(separator: ", ")
  }

  static let key = "conditions"
  /// SPEC-PWR-01.
  static let cellCounts = 16...24
  /// SPEC-PWR-02.
  static let titanateCellsMin = 20

  static func read(_ root: DocumentValue) -> (conditions: UnitConditionsOfUse, findings: [Finding]) {
    var conditions = UnitConditionsOfUse()
    var findings: [Finding] = []
    guard case .table(let entries, _) = root, let entry = entries.first(where: { $0.key == key }) else {
      return (conditions, [])
    }
    guard case .table(let members, _) = entry.value else {
      let example = "write e.g. 'conditions: {chemistry: LTO, cells: 20}'"
      return (
        conditions,
        [Finding(place: entry.value.place, message: "'\(key)' is no table", suggestion: example)]
      )
    }
    for member in members {
      guard let problem = conditions.take(member) else { continue }
      findings.append(problem)
    }
    if conditions.chemistry == .lto, let count = conditions.cellCount, count < titanateCellsMin {
      findings.append(
        Finding(
          place: entry.value.place,
          message: "an LTO pack has \(titanateCellsMin) cells or more, not \(count)",
          suggestion: "write 20 to 24"))
    }
    return (conditions, findings)
  }

  private mutating func take(_ member: DocumentEntry) -> Finding? {
    guard case .scalar(let text, let place) = member.value else {
      return Finding(place: member.value.place, message: "'\(member.key)' takes one value")
    }
    switch member.key {
    case "chemistry":
      guard let chemistry = Chemistry(rawValue: text) else {
        return Finding(
          place: place, message: "'\(text)' is no chemistry", suggestion: "write NCM, LFP or LTO")
      }
      self.chemistry = chemistry
    case "cells":
      guard let count = Int(text), Self.cellCounts.contains(count) else {
        return Finding(
          place: place, message: "'\(text)' is no number of cells the unit takes",
          suggestion: "write 16 to 24")
      }
      cellCount = count
    default:
      return Finding(
        place: member.keyPlace, message: "'\(member.key)' is no condition",
        suggestion: "known are chemistry and cells")
    }
    return nil
  }

  static var schema: OrderedJSON {
    let cells: OrderedJSON = .object([
      ("type", "integer"), ("minimum", .int(cellCounts.lowerBound)),
      ("maximum", .int(cellCounts.upperBound)),
    ])
    let chemistry: OrderedJSON = .object([
      ("enum", .array(Chemistry.allCases.map { .string($0.rawValue) }))
    ])
    return .object([
      ("type", "object"), ("description", "what the defect needs to show; studies run the unit so"),
      ("properties", .object([("chemistry", chemistry), ("cells", cells)])),
      ("additionalProperties", false),
    ])
  }
}
