import CellModel
import Engine
import Model
import Quantities

/// The pack that a convergence step imitates, before anything moves.
struct ConvergenceDesign {
  /// Lead over the start difference that makes balancing begin whatever the unit's noise: as the margin of the
  /// other balancing step.
  static let margin = 0.002
  /// Lowest voltage of cell 1 with which the balancer works (SPEC-PWR-05), and the distance to keep.
  static let firstCellMin = 2.4 + 0.02
  /// Room that the limit must leave over the longest duration that passes, which is 3 ideal times (SPEC-BAL-12).
  static let limitFactor = 4.0
  /// Slow part of the cell's voltage: a project default in the range of seconds, so that `rest` ends it.
  static let relaxation = TimeSpan.seconds(10)

  let curve: OpenCircuitCurve
  let capacity: Charge
  let imbalance: Charge
  let resistance: Resistance
  /// Of all cells but one.
  let stateOfCharge: Double

  /// Nil when the specification has no rest voltage for the chemistry.
  init?(_ values: FieldValues, _ limits: LimitResolver) {
    guard let rest = Stimulus.balanceVoltage(limits) else { return nil }
    curve =
      switch limits.chemistry {
      case .ncm: .ncm
      case .lfp: .lfp
      case .lto: .lto
      }
    capacity = Charge(values.quantity("capacity"))
    imbalance = Charge(values.quantity("imbalance"))
    resistance = Resistance(values.quantity("resistance"))
    stateOfCharge = values.optionalQuantity("state-of-charge") ?? curve.stateOfCharge(at: Voltage(rest))
  }

  /// Rest voltage of the cell with the extra charge and of the others.
  var highest: Voltage { curve.voltage(at: stateOfCharge + imbalance / capacity) }
  var others: Voltage { curve.voltage(at: stateOfCharge) }

  /// Seconds that an ideal balancer needs.
  static func idealSeconds(_ values: FieldValues) -> Double {
    values.quantity("imbalance") / (values.quantity("current") * BalanceConvergence.duty)
  }

  /// - Precondition: There were no findings.
  func pack(count: Int, extra: Int) -> ModelledPack {
    let template = ModelledCell(
      capacity: capacity, stateOfCharge: stateOfCharge, curve: curve, resistance: resistance,
      pairs: [RelaxationPair(resistance: resistance, timeConstant: Self.relaxation)])
    return ModelledPack(
      like: template,
      deviations: (1...count).map { .init(extraCharge: $0 == extra ? imbalance : .zero) })
  }

  func findings(_ values: FieldValues) -> [Finding] {
    var findings: [Finding] = []
    func find(_ key: String, _ message: String, _ suggestion: String = "") {
      findings.append(Finding(place: values.place(key), message: message, suggestion: suggestion))
    }
    let start = values.quantity("start-difference")
    if values.quantity("stop-difference") >= start {
      find("stop-difference", "the stop difference must be below the start difference")
    }
    let full = stateOfCharge + imbalance / capacity
    guard (0...1).contains(stateOfCharge), full <= 1 else {
      find(
        "imbalance", "the cells would be charged to \(Ratio(stateOfCharge)) and one to \(Ratio(full))",
        "choose a smaller imbalance, a larger capacity or another state of charge")
      return findings
    }
    let difference = highest - others
    if difference.base < start + Self.margin {
      find(
        "imbalance",
        "\(imbalance) more makes \(difference) at a state of charge of \(Ratio(stateOfCharge)); balancing begins "
          + "with certainty at \(Voltage(start + Self.margin))",
        "choose a larger imbalance or a state of charge where the curve is steeper")
    }
    if others.base < Self.firstCellMin {
      find(
        "state-of-charge", "the cells would rest at \(others); the balancer needs more than 2.4 V on cell 1",
        "choose a higher state of charge")
    }
    let ideal = Self.idealSeconds(values)
    if values.quantity("limit") < Self.limitFactor * ideal {
      find(
        "limit", "an ideal balancer needs \(TimeSpan(ideal)); the limit leaves no room to tell a slow one",
        "write at least \(TimeSpan(Self.limitFactor * ideal))")
    }
    return findings
  }
}
