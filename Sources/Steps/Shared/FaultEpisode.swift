import Capabilities
import Engine
import Model
import Ports
import Quantities

/// A provoked wiring or configuration fault: the alarm, the red light, balancing inhibited, and the way back.
struct FaultEpisode {
  let context: StepContext
  /// Longest time the alarm and its clearing are waited for.
  let limit: Double
  /// Cells between which balancing would run if it were allowed to.
  static let difference = 0.05

  /// Waits for the alarm and records how long it took. False when it never came.
  ///
  /// - Parameter instant: When it was provoked, if that was before now.
  func awaitAlarm(
    since instant: WorldInstant? = nil, _ isAlarm: (UnitTelemetry) -> Bool
  ) async throws -> UnitTelemetry? {
    guard
      let (seconds, frame, doubt) = try await context.waitForTelemetry(since: instant, within: limit, isAlarm)
    else {
      context.measure("alarm", .flag(false), by: ["unit"])
      context.measure("alarm-time", .missing("no alarm within \(TimeSpan(limit))"), by: ["unit"])
      return nil
    }
    context.measure("alarm", .flag(true), by: ["unit"], note: frame.status)
    context.measure("alarm-time", .init(reading: seconds), uncertainty: doubt, by: ["unit"])
    return frame
  }

  /// Feeds the cells so that balancing would run if it were allowed to: `cell` above the others.
  func invite(balancingOf cell: Int) async throws {
    let level = context.balanceVoltage
    let cells = level > context.restVoltage ? context.bench.fedCells : [cell]
    try await context.bench.setCells(cells.map { ($0, $0 == cell ? level + Self.difference : level) })
  }

  /// Records the red light over two seconds and whether any cell carries balancing current meanwhile.
  func lightAndInhibit() async throws {
    let bench = context.bench
    let start = context.world.now
    try await context.sleep(2.2)
    let red = try await bench.light(.red, from: start)
    context.measure("red-light", .flag(red != .off), by: bench.instrumentNames(.redLED), note: red.word)
    let currents = try await bench.cellCurrents(bench.fedCells)
    let supply = try await bench.supplyAmperes()
    var worst = 0.0
    for (index, reading) in currents.enumerated() {
      worst = max(worst, (try bench.number(reading, role: .cells, member: index) - supply).magnitude)
    }
    context.measure(
      "balance-inhibited", .init(reading: worst), uncertainty: context.uncertainty(.cells, "current"),
      by: bench.instrumentNames(.cells), note: "largest cell current beyond the supply current")
  }

  /// Waits until the alarm is gone and records how long it took.
  func awaitClear(_ isAlarm: (UnitTelemetry) -> Bool) async throws {
    if let (seconds, _, doubt) = try await context.waitForTelemetry(within: limit, { !isAlarm($0) }) {
      context.measure("clear-time", .init(reading: seconds), uncertainty: doubt, by: ["unit"])
    } else {
      context.measure(
        "clear-time", .atLeast(limit), uncertainty: 0.3, by: ["unit"], note: "the alarm was still there"
      )
    }
  }

  static let measurements = [
    MeasurementDeclaration("alarm", nil, "the unit reports the fault"),
    MeasurementDeclaration("alarm-time", .time, "from provoking it to the first frame that shows it"),
    MeasurementDeclaration("red-light", nil, "red light on or flashing"),
    MeasurementDeclaration("balance-inhibited", .current, "cell current while balancing would be due"),
    MeasurementDeclaration("clear-time", .time, "from removing the fault to the first frame without it"),
  ]
  static let roles: [RoleName] = [.cells, .redLED, .supplyCurrent]
  static let uncertainties = [UncertaintyNeed(.cells, "current", .current)]
}
