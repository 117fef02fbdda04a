import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Supply current of the active unit: PRC-QCUR-01.
public enum QuiescentCurrent: StepKind {
  public static let id = "quiescent-current"
  public static let summary =
    "Averages the current in the supply wire while the unit is active and does not balance."
  public static let parameters = [
    FieldDeclaration("duration", .quantity(.time, range: 0.5...600), default: "4 s", doc: "averaging time"),
    FieldDeclaration(
      "interval", .quantity(.time, range: 0.02...10), default: "200 ms", doc: "between readings"),
  ]
  public static let measurements = [
    MeasurementDeclaration("supply-current", .current, "mean over the duration")
  ]
  public static let roles: [RoleName] = [.supplyCurrent]
  public static let uncertainties = [UncertaintyNeed(.supplyCurrent, "current", .current)]
  public static let sample = """
    - step: quiescent-current
      id: quiescent
      title: Active supply current
      measure:
        supply-current: quiescent-active
    """

  public static func run(_ context: StepContext) async throws {
    let end = context.world.now + .seconds(context.values.quantity("duration"))
    var sum = 0.0
    var count = 0
    while context.world.now < end {
      sum += try await context.bench.supplyAmperes()
      count += 1
      try await context.sleep(context.values.quantity("interval"))
    }
    try await context.bench.witnessSupply(sum / Double(count))
    context.measure(
      "supply-current", .init(reading: sum / Double(count)),
      uncertainty: context.uncertainty(.supplyCurrent, "current"),
      by: context.bench.instrumentNames(.supplyCurrent), note: "\(count) readings")
  }
}
