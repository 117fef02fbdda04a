import Ports

/// The four temperature protections on a moving average of every sensor: the hottest and the coldest decide.
///
/// - Source: manual section 2 (limits) and 7.1-4; the averaging time is a parameter.
struct TemperatureProtection {
  /// Seconds by which a delay factor of 2 is later than a good unit, which waits for its averages only; whole steps, so
  /// that a good unit's tolerance adds nothing.
  private static let delay = 0.5

  private var history: [[Double]] = []
  private var latches = [ThresholdLatch](repeating: ThresholdLatch(), count: 4)

  /// °C of NTC 1 … 4 after averaging.
  private(set) var averages = [Double](repeating: 25, count: UnitParameters.thermistorCount)

  /// A sensor reads what only a broken or shorted one can.
  var sensorFailed: Bool {
    averages.contains { $0 <= ThermistorCurve.coldest + 1 || $0 >= ThermistorCurve.hottest - 1 }
  }

  static let protections: [UnitProtection] = [
    .chargeOvertemperature, .chargeUndertemperature, .dischargeOvertemperature, .dischargeUndertemperature,
  ]

  func isTripped(_ protection: UnitProtection) -> Bool {
    Self.protections.firstIndex(of: protection).map { latches[$0].tripped } ?? false
  }

  mutating func update(
    temperatures: [Double], settings: StoredSettings, parameters: UnitParameters, at now: WorldInstant
  ) {
    history.append(temperatures)
    if history.count > parameters.sampling.temperatureWindow { history.removeFirst() }
    for index in averages.indices {
      averages[index] = history.reduce(0) { $0 + $1[index] } / Double(history.count)
    }
    let watched = averages.indices.filter { parameters.thermistors[$0].protected }.map { averages[$0] }
    guard !watched.isEmpty else { return }
    for (index, protection) in Self.protections.enumerated() {
      let (trip, recovery) = Self.fields(protection)
      let behaviour = parameters[protection]
      let level = behaviour.level(settings[trip])
      let release = behaviour.releaseLevel(trip: settings[trip], recovery: settings[recovery])
      let hot = protection == .chargeOvertemperature || protection == .dischargeOvertemperature
      let extreme = hot ? watched.max()! : watched.min()!
      latches[index].update(
        beyond: behaviour.enabled && (hot ? extreme > level : extreme < level),
        recovered: release.map { hot ? extreme <= $0 : extreme >= $0 } ?? false, at: now,
        tripDelay: .seconds(Self.delay * max(0, (behaviour.delayFactor - 1).rounded())), releaseDelay: .zero)
    }
  }

  private static func fields(_ protection: UnitProtection) -> (StoredSettingField, StoredSettingField) {
    switch protection {
    case .chargeOvertemperature: (.chargeOvertemperature, .chargeOvertemperatureRecovery)
    case .chargeUndertemperature: (.chargeUndertemperature, .chargeUndertemperatureRecovery)
    case .dischargeOvertemperature: (.dischargeOvertemperature, .dischargeOvertemperatureRecovery)
    default: (.dischargeUndertemperature, .dischargeUndertemperatureRecovery)
    }
  }
}
