import Quantities

/// What a live limit looks at that no single channel reads.
public enum WatchQuantity: String, Hashable, Sendable, Codable, CaseIterable {
  /// Difference between the sum of all cells and the voltmeter across the pack, from one scan.
  case packSumDifference = "pack-sum-difference"
  /// Highest current of any emulated cell, by the emulator itself.
  case cellCurrent = "cell-current"
  /// Charge that went through the loop in either direction since the run began.
  case loopCharge = "loop-charge"
  /// Energy that the loop's source may have spent: its current times the voltage it was allowed.
  case loopEnergy = "loop-energy"
  /// Highest temperature that the unit reports, its switches included.
  case unitTemperature = "unit-temperature"

  public var dimension: Dimension {
    switch self {
    case .packSumDifference: .voltage
    case .cellCurrent: .current
    case .loopCharge: .charge
    case .loopEnergy: .energy
    case .unitTemperature: .temperature
    }
  }

  /// Roles without which it cannot be told.
  public var roles: [RoleName] {
    switch self {
    case .packSumDifference: [.cellReference, .packVoltage]
    case .cellCurrent: [.cells]
    case .loopCharge, .loopEnergy: [.loopCurrent]
    case .unitTemperature: []
    }
  }
}

/// What a live limit is about.
public enum WatchSubject: Hashable, Sendable, Codable {
  /// Every channel of a role: voltmeters, emulator (its read-back), loop source (its own current), input lines.
  case role(RoleName)
  case quantity(WatchQuantity)

  public var roles: [RoleName] {
    switch self {
    case .role(let name): [name]
    case .quantity(let quantity): quantity.roles
    }
  }

  /// nil for a contact.
  public var dimension: Dimension? {
    switch self {
    case .role(let name): name.watchDimension
    case .quantity(let quantity): quantity.dimension
    }
  }

  public var words: String {
    switch self {
    case .role(let name): name.rawValue
    case .quantity(let quantity): quantity.rawValue
    }
  }
}

extension RoleName {
  /// What a live limit of the role is about; nil for contacts, and for roles that cannot be watched.
  public var watchDimension: Dimension? {
    switch self {
    case .loopCurrent, .supplyCurrent, .leakageCurrent, .loopSource: .current
    case .cellReference, .packVoltage, .portVoltage, .pathDrop, .cells, .shortBank: .voltage
    default: nil
    }
  }

  /// Roles that a live limit may name.
  public static var watchable: [RoleName] {
    allCases.filter { $0.watchDimension != nil || $0 == .emergencyStop || $0 == .cover }
  }

  /// Contacts that trip a run.
  public var isInterlock: Bool { self == .emergencyStop || self == .cover }
}

/// A live limit: what is looked at while steps run, and what two samples outside the band bring about.
public struct WatchRule: Hashable, Sendable, Codable {
  /// What a trip makes of the run.
  public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    /// The rig's fault.
    case error
    /// As if somebody had stopped it.
    case aborted
  }

  public var name: String
  public var subject: WatchSubject
  /// Band in base units; nil is open. Contacts have none: they must be at rest.
  public var low: Double?
  public var high: Double?
  /// Wanted time between two samples. A link that is busy with the step's own exchanges may give fewer.
  public var every: TimeSpan
  public var verdict: Verdict
  /// False: `fence: off` in the rig file. A run with such a fence cannot pass.
  public var isOn: Bool
  /// It exists without being written.
  public var isDefault: Bool

  public init(
    name: String, subject: WatchSubject, low: Double? = nil, high: Double? = nil, every: TimeSpan,
    verdict: Verdict = .error, isOn: Bool = true, isDefault: Bool = false
  ) {
    self.name = name
    self.subject = subject
    self.low = low
    self.high = high
    self.every = every
    self.verdict = verdict
    self.isOn = isOn
    self.isDefault = isDefault
  }

  /// `≤ 4.59 V`, `-368 A … 368 A`, `at rest`.
  public var bandWords: String {
    guard let dimension = subject.dimension else { return "at rest" }
    func text(_ value: Double) -> String { AnyQuantity(value, dimension).formatted() }
    return switch (low, high) {
    case (let low?, let high?): "\(text(low)) … \(text(high))"
    case (let low?, nil): "≥ \(text(low))"
    case (nil, let high?): "≤ \(text(high))"
    case (nil, nil): "any number"
    }
  }
}

extension WatchRule {
  /// Above the envelope by this much a sample is out of band: a set point at the envelope's edge, both uncertainties
  /// and the settling of a channel stay below it.
  static let cellMargin = 1.02
  /// The same for current, and for the bank: its meter is the supply itself.
  static let margin = 1.05
  /// Parts of the highest pack voltage by which the sum of the cells and the pack may differ.
  static let packSumPart = 0.01

  /// Limits that every rig with these roles has, written or not.
  public static func defaults(roles: [RoleName], envelope: SafetyEnvelope) -> [WatchRule] {
    var rules: [WatchRule] = []
    func add(_ rule: WatchRule) {
      if rule.subject.roles.allSatisfy(roles.contains) { rules.append(rule) }
    }
    for contact in [RoleName.emergencyStop, .cover] {
      add(
        WatchRule(
          name: contact.rawValue, subject: .role(contact), every: TimeSpan(0.1), verdict: .aborted,
          isDefault: true))
    }
    add(
      WatchRule(
        name: "cell-voltage", subject: .role(.cellReference), high: envelope.cellVoltageMax.base * cellMargin,
        every: TimeSpan(1), isDefault: true))
    add(
      WatchRule(
        name: "pack-sum", subject: .quantity(.packSumDifference),
        high: max(1, envelope.packVoltageMax.base * packSumPart), every: TimeSpan(2), isDefault: true))
    add(
      WatchRule(
        name: "short-bank", subject: .role(.shortBank),
        high: envelope.shortBankVoltageMax.base * margin, every: TimeSpan(1), isDefault: true))
    let current = envelope.loopCurrentMax.base * margin
    add(
      WatchRule(
        name: "loop-current", subject: .role(.loopCurrent), low: -current, high: current,
        every: TimeSpan(0.5),
        isDefault: true))
    return rules
  }
}
