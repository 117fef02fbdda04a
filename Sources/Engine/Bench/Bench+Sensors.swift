import Model
import Ports

/// Light sensors and microphone prove themselves: a test lamp in front of each sensor and a sounder before the
/// microphone, switched by one line (`indicator-test`).
extension Bench {
  public static let sensors: [RoleName] = [.blueLED, .redLED, .yellowLED, .greenLED, .buzzer]
  /// Time to light up, to ring down, and for the comparators to follow.
  static let lampTime = Interval.milliseconds(60)

  /// A stretch of time in which sensors saw the test lamps.
  struct TestWindow {
    let from: WorldInstant
    var to: WorldInstant
  }

  /// Every sensor must be dark, see the test, and be dark again.
  /// - Precondition: The unit is not powered: nothing else lights or sounds.
  /// - Returns: False when the rig has no test lamps.
  @discardableResult
  public func proveSensorsAtRest() async throws -> Bool {
    let present = Self.sensors.filter(has)
    for role in present where try await isActive(role) {
      throw sensorFault([role], "sees a light or sound although the unit is not powered")
    }
    guard try await proveSensors(present) else { return false }
    for role in present where try await isActive(role) {
      throw sensorFault([role], "still sees the test lamp or sounder after it was switched off")
    }
    return true
  }

  /// A sensor that saw nothing must see the test before that may speak about the unit.
  /// - Returns: False when the rig has no test lamps.
  /// - Throws: `RigFault` naming the bank of lines and the role of each blind sensor.
  @discardableResult
  func proveSensors(_ roles: [RoleName]) async throws -> Bool {
    guard has(.indicatorTest) else { return false }
    testWindows.append(TestWindow(from: world.now, to: .distantFuture))
    try await setLine(.indicatorTest, active: true)
    try await world.sleep(for: Self.lampTime)
    var blind: [RoleName] = []
    for role in roles where try await !isActive(role) { blind.append(role) }
    try await setLine(.indicatorTest, active: false)
    try await world.sleep(for: Self.lampTime)
    testWindows[testWindows.count - 1].to = world.now
    if !blind.isEmpty { throw sensorFault(blind, "does not see the test lamp or sounder") }
    return true
  }

  private func sensorFault(_ roles: [RoleName], _ what: String) -> RigFault {
    var names: [String] = []
    for name in roles.flatMap(instrumentNames) where !names.contains(name) { names.append(name) }
    let words = roles.map { role in
      "'\(role.rawValue)' (line \(members[role]?.first.map { String($0.channel) } ?? "?"))"
    }
    let many =
      roles.count > 1 && roles.count == Self.sensors.filter(has).count
      ? ". None does: look at the lamps and their line first" : ""
    return RigFault(
      instrument: names.joined(separator: ", "),
      message: "the sensor \(words.joined(separator: ", ")) \(what)\(many). Check sensor, cable and aim")
  }

  /// Edges of a sensor without those that the test lamps made. Where the unit changed behind the lamp, its change
  /// counts at the end of the test.
  func withoutTests(_ edges: [LineEdge]) -> [LineEdge] {
    var kept: [LineEdge] = []
    var rest = edges[...]
    for window in testWindows {
      while let edge = rest.first, edge.at < window.from { kept.append(rest.removeFirst()) }
      var last: LineEdge?
      while let edge = rest.first, edge.at <= window.to { last = rest.removeFirst() }
      if let last, last.level != kept.last?.level ?? false { kept.append(last) }
    }
    return kept + rest
  }
}
