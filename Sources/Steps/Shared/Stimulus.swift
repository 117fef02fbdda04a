import Engine
import Model
import Quantities

/// Stimulus levels that follow from the limits of the chemistry, so that no procedure repeats their numbers.
public enum Stimulus {
  /// Volts at which no protection acts: half way between over-discharge and overcharge recovery.
  public static func restVoltage(_ limits: LimitResolver) -> Double? {
    guard let low = limits.nominal("uvp-recover"), let high = limits.nominal("ovp-recover") else {
      return nil
    }
    return (low + high) / 2
  }

  /// Volts at which the unit may balance; see `StepContext.balanceVoltage`.
  static func balanceVoltage(_ limits: LimitResolver) -> Double? {
    restVoltage(limits).map { max($0, limits.nominal(balanceStart).map { $0 + balanceMargin } ?? 0) }
  }

  static let limitsOfRest = ["uvp-recover", "ovp-recover"]
  /// First-cell voltage above which alone a unit balances (manual section 10.1 no. 3).
  static let balanceStart = "cell1-start"
  /// Volts by which balancing is tested above it.
  static let balanceMargin = 0.1
}

extension StepContext {
  /// Rest voltage of the chemistry; the checker has proven that the limits exist.
  var restVoltage: Double { Stimulus.restVoltage(limits)! }

  /// Volts at which the unit may balance. The rest voltage of LTO lies below the first-cell rule, which would forbid
  /// balancing over most of its range (conflict C-09): there it is tested just above the rule, where no protection acts
  /// either.
  var balanceVoltage: Double { Stimulus.balanceVoltage(limits)! }

  /// Guard band of this step's decision rule for a stimulus of expanded uncertainty `u`: brackets are set this
  /// far inside the window, so that a unit that answers as it should is proven to lie inside.
  func guardBand(_ u: Double) -> Double { rule.guardFactor * u }

  /// `cell 7`
  func cell(_ number: Int) -> String { "cell \(number)" }

  /// Expanded uncertainty (k = 2) of a role, from the rig file. The checker has proven that it is there.
  func uncertainty(_ role: RoleName, _ quantity: String = "voltage", at value: Double = 0) -> Double {
    bench.uncertainty(role, quantity, at: value) ?? .nan
  }

  /// The value of largest magnitude; not a number when any is not finite, so that an aggregate over a broken
  /// reading can never pass.
  func worst(_ values: [Double]) -> Double {
    guard values.allSatisfy(\.isFinite) else { return .nan }
    return values.max { $0.magnitude < $1.magnitude } ?? .nan
  }
}

/// Which cells of a unit a step exercises.
enum CellChoice {
  static let doc =
    "cells to exercise: first, last, rotating (serial number mod cells, plus 1), all, or numbers"

  /// - Returns: nil when an entry is none of the words and no number in range.
  static func cells(_ words: [String], count: Int, serial: String) -> [Int]? {
    var cells: [Int] = []
    for word in words {
      switch word {
      case "first": cells.append(1)
      case "last": cells.append(count)
      case "rotating": cells.append(rotating(serial, count: count))
      case "all": cells += Array(1...count)
      default:
        guard let number = Int(word), (1...count).contains(number) else { return nil }
        cells.append(number)
      }
    }
    var unique: [Int] = []
    for cell in cells where !unique.contains(cell) { unique.append(cell) }
    return unique
  }

  /// The trailing digits of a serial number, mod cells, plus 1: over 24 units every cell gets its turn.
  static func rotating(_ serial: String, count: Int) -> Int {
    let digits = serial.reversed().prefix { $0.isASCII && $0.isNumber }.prefix(9)
    return (Int(String(digits.reversed())) ?? 0) % count + 1
  }

  static func findings(_ context: CheckContext, key: String) -> [Finding] {
    let words = context.values.texts(key)
    guard cells(words, count: context.cellCount, serial: "0") == nil else { return [] }
    return [
      Finding(
        place: context.values.place(key),
        message: "'\(words.joined(separator: ", "))' names a cell the unit does not have",
        suggestion: "write first, last, rotating, all or numbers from 1 to \(context.cellCount)")
    ]
  }
}
