/// What a session or a stream told about the generation of its unit.
///
/// The length of the settings frame decides, the model's name must agree; where they differ, `anomaly` says so and
/// nothing may be written.
///
/// - Source: BLE protocol notes section 7.
public struct ProtocolVersionEvidence: Hashable, Sendable {
  public private(set) var bySettings: ProtocolVersion?
  public private(set) var byModel: ProtocolVersion?
  private var identity: [String] = []

  public init() {}

  /// Another unit's device info drops what the settings of the one before told.
  public mutating func note(_ info: DeviceInfo) {
    let seen = [info.model, info.deviceIdentity, info.productionDate]
    if !identity.isEmpty, identity != seen { bySettings = nil }
    identity = seen
    byModel = info.promisedVersion
  }

  public mutating func note(_ settings: Settings) { bySettings = settings.version }

  /// Nil while nothing is known.
  public var version: ProtocolVersion? { bySettings ?? byModel }

  /// Why settings and model do not fit together; nil when they do or one is missing.
  public var anomaly: String? {
    guard let bySettings, let byModel, bySettings != byModel else { return nil }
    return "the model \(identity[0]) belongs to protocol \(byModel.rawValue), but its settings frame of "
      + "\(bySettings.settingsLength) bytes to \(bySettings.rawValue)"
  }
}

extension CellInfo {
  /// Temperatures that a living unit can report.
  ///
  /// - Source: BLE protocol notes section 7.
  static let plausibleCelsius = -60.0...150.0

  /// False when the values behind the common part cannot be what this layout says: numbers that no sensor gives,
  /// temperatures out of reach, content where the layout has none.
  public var isPlausible: Bool {
    /// A wrongly cut number is nearly always tiny or huge.
    func clean(_ value: Double) -> Bool { value == 0 || (1e-7...1e6).contains(value.magnitude) }
    var celsius = [temperature1Celsius, temperature2Celsius]
    if let second {
      celsius += [second.mosfetCelsius, second.balancerCelsius]
      guard clean(second.packAmperes), clean(second.remainingCapacityAmpereHours),
        second.nominalCapacityAmpereHours >= 0.1, clean(second.nominalCapacityAmpereHours),
        (-1...1000).contains(second.stateOfChargePercent)
      else { return false }
    } else {
      // The first generation ends with forty zeros behind the uptime.
      guard image.raw(258..<298).allSatisfy({ $0 == 0 }) else { return false }
    }
    return clean(balancingAmperes) && celsius.allSatisfy { clean($0) && Self.plausibleCelsius.contains($0) }
  }

  /// Total and average agree with the configured count within 1 % (both generations place them alike).
  public var totalsAgree: Bool {
    let expected = self.averageCellVolts * Double(cellCount)
    return (self.totalVolts - expected).magnitude <= max(0.01, 0.01 * expected.magnitude)
  }

  /// The layouts in which the frame makes sense.
  public static func plausibleVersions(of bytes: [UInt8]) -> [ProtocolVersion] {
    ProtocolVersion.allCases.filter { CellInfo(decoding: bytes, version: $0)?.isPlausible ?? false }
  }
}
