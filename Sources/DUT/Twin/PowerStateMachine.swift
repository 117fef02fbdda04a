import Ports

/// Whether the unit runs: no supply, connected but asleep, starting, active, or dormant after an over-discharge.
///
/// - Source: manual section 8 precaution 4 (activation after plugging), section 10.1 no. 1 (25 V, auxiliary
///   supply), section 7.1-2 (dormancy); hold times are project defaults. Activation by a charger needs a path that
///   lets its current in, so it works from dormancy (charge switch closed), not on a unit that was never activated.
struct PowerStateMachine {
  enum State: Equatable {
    case unsupplied
    /// Supplied, waiting for the wake switch.
    case asleep
    case starting(until: WorldInstant)
    case active
    /// Everything off but the charge switch; a charger or the wake switch starts the unit again.
    case dormant
  }

  enum Action: Equatable { case activated, started, lostSupply }

  static let wakeHold = Interval.milliseconds(300)
  static let wakeCurrent = 0.5

  let supply: UnitParameters.Supply
  private(set) var state = State.unsupplied
  private var switchClosedSince: WorldInstant?
  private var chargingSince: WorldInstant?
  /// A switch that is still closed from before does not wake a dormant unit.
  private var switchReleased = true

  /// The string is too low and the auxiliary input feeds the unit.
  private(set) var feedsFromAuxiliary = false

  init(supply: UnitParameters.Supply) { self.supply = supply }

  private var chargeHold: Interval { .seconds(supply.chargerWakeTime) }

  /// Supplied and not waiting.
  var isRunning: Bool {
    switch state {
    case .starting, .active: true
    case .unsupplied, .asleep, .dormant: false
    }
  }

  var nextEvent: WorldInstant? {
    switch state {
    case .unsupplied, .active: return nil
    case .starting(let until): return until
    case .asleep, .dormant:
      let wake = switchClosedSince.map { $0 + Self.wakeHold }
      let charge = chargingSince.map { $0 + chargeHold }
      return [wake, charge].compactMap { $0 }.min()
    }
  }

  /// - Parameters:
  ///   - auxiliaryVoltage: Volts at the auxiliary input (manual section 10.1 no. 1: 30 … 100 V).
  ///   - recovered: A dormant unit of the kind that wakes by itself sees its cells recovered.
  mutating func update(
    at now: WorldInstant, supplyVoltage: Double, auxiliaryVoltage: Double, switchClosed: Bool,
    current: Double, recovered: Bool
  ) -> [Action] {
    feedsFromAuxiliary =
      supply.auxiliary && supplyVoltage < supply.minimum && auxiliaryVoltage >= supply.auxiliaryMinimum
    if supplyVoltage < (isRunning ? supply.dropOut : supply.minimum), !feedsFromAuxiliary {
      let lost = state != .unsupplied
      state = .unsupplied
      switchClosedSince = nil
      chargingSince = nil
      switchReleased = true
      return lost ? [.lostSupply] : []
    }
    if state == .unsupplied { state = .asleep }
    if !switchClosed { switchReleased = true }
    let pressed = switchClosed && switchReleased && supply.wakeSwitch
    switchClosedSince = pressed ? (switchClosedSince ?? now) : nil
    chargingSince = current >= Self.wakeCurrent && supply.chargerWake ? (chargingSince ?? now) : nil
    switch state {
    case .unsupplied, .active: return []
    case .starting(let until):
      guard now >= until else { return [] }
      state = .active
      return [.started]
    case .asleep, .dormant:
      let woken = switchClosedSince.map { now - $0 >= Self.wakeHold } ?? false
      let charged = chargingSince.map { now - $0 >= chargeHold } ?? false
      let byItself = state == .asleep ? supply.selfStart : recovered
      guard woken || charged || byItself else { return [] }
      state = .starting(until: now + .seconds(supply.startTime))
      return [.activated]
    }
  }

  /// The firmware begins anew without anybody asking.
  mutating func restart(at now: WorldInstant) { state = .starting(until: now + .seconds(supply.startTime)) }

  /// The firmware switches itself off after an over-discharge.
  mutating func goDormant() {
    state = .dormant
    switchClosedSince = nil
    chargingSince = nil
    switchReleased = false
  }
}
