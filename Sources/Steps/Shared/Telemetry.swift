import Capabilities
import Engine
import Model
import Ports
import Quantities

extension StepContext {
  /// Longest wait for one telemetry frame: period 0.51 s, but one retry after 3 s of silence is allowed.
  static let frameLimit = 8.0

  /// Seconds between two frames up to which nothing is amiss, and how far an instant is then known.
  static let usualGap = 1.2
  static let usualDoubt = 0.3

  /// The first frame received after now.
  func freshTelemetry() async throws -> UnitTelemetry {
    try await unit.telemetry(after: world.now, deadline: deadline(Self.frameLimit))
  }

  /// Means of the cell voltages over `count` frames that were all received after now, and the last frame.
  func averagedTelemetry(_ count: Int) async throws -> (volts: [Double], last: UnitTelemetry) {
    var sums: [Double] = []
    var last = UnitTelemetry()
    var after = world.now
    for _ in 0..<max(count, 1) {
      last = try await unit.telemetry(after: after, deadline: deadline(Self.frameLimit))
      after = last.at
      if sums.isEmpty { sums = Array(repeating: 0, count: last.cellVoltages.count) }
      guard last.cellVoltages.count == sums.count else {
        throw RigFault(instrument: "unit link", message: "telemetry frames of different lengths")
      }
      for index in sums.indices { sums[index] += last.cellVoltages[index] }
    }
    return (sums.map { $0 / Double(max(count, 1)) }, last)
  }

  /// Waits until a telemetry frame satisfies `condition`.
  /// - Parameter instant: From when on frames and seconds count; now unless named.
  /// - Returns: Seconds from then to the arrival of that frame, and by how many they may be too much: what came was
  ///   there since the frame before at the earliest. Nil when `limit` seconds pass without one.
  func waitForTelemetry(
    since instant: WorldInstant? = nil, within limit: Double, _ condition: (UnitTelemetry) -> Bool
  ) async throws -> (seconds: Double, frame: UnitTelemetry, doubt: Double)? {
    let start = instant ?? world.now
    var after = start
    while world.now < start + .seconds(limit) {
      let frame = try await unit.telemetry(after: after, deadline: deadline(Self.frameLimit))
      if condition(frame) {
        let gap = (frame.at - after).seconds
        return ((frame.at - start).seconds, frame, gap > Self.usualGap ? gap : Self.usualDoubt)
      }
      after = frame.at
    }
    return nil
  }

  /// Ends the step when the link to the unit is found dead: what would be measured next may have another cause.
  func requireLink(_ attempted: String) throws(UnitLinkError) {
    guard unit.hasLostLink else { return }
    throw UnitLinkError(.linkLost, attempted: attempted, cause: "the connection ended meanwhile")
  }

  /// Records a light as the word limits use.
  func measureLight(_ name: String, _ light: Light, from start: WorldInstant) async throws {
    let pattern = try await bench.light(light, from: start)
    // The lights show whether somebody is connected: after a lost link they say nothing about the unit.
    try requireLink("watch the lights")
    var note = ""
    if case .flashing(let hertz) = pattern { note = "\(DecimalText.shortest(hertz, significant: 3)) Hz" }
    measure(name, .text(pattern.word), by: bench.instrumentNames(light.role), note: note)
  }
}
