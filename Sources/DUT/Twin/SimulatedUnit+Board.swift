import Ports
import Simulation

extension SimulatedUnit: BoardModel {
  public var nextEvent: WorldInstant? {
    var events = [power.nextEvent, panel.nextEvent(after: now)]
    if power.state == .active {
      events += [nextSample, currentProtection.nextEvent, balancer.nextEvent, radio.nextFrame]
    }
    return events.compactMap { $0 }.min()
  }

  public func advance(to instant: WorldInstant, in surroundings: any BoardSurroundings) {
    precondition(instant >= now, "time runs backwards: \(instant.nanoseconds) after \(now.nanoseconds)")
    while let due = nextEvent, due < instant { run(at: max(due, now), in: surroundings) }
    repeat { run(at: instant, in: surroundings) } while (nextEvent ?? .distantFuture) <= instant
  }

  public var chargeSwitchClosed: Bool { closed(parameters.path.chargeSwitch, enabled: chargeEnabled) }
  public var dischargeSwitchClosed: Bool {
    closed(parameters.path.dischargeSwitch, enabled: dischargeEnabled)
  }

  private func closed(_ condition: SwitchCondition, enabled: Bool) -> Bool {
    switch condition {
    case .normal: enabled || switchesShorted
    case .stuckOn: true
    case .stuckOff: false
    }
  }

  public var pathResistance: Double { parameters.path.resistance }
  public var bodyDiodeDrop: Double { parameters.path.bodyDiode }
  public var offLeakage: Double { parameters.path.offLeakage }

  public var supplyCurrent: Double {
    switch power.state {
    case .unsupplied: 0
    case .asleep, .dormant: parameters.supply.dormant
    case .starting, .active: parameters.supply.active
    }
  }

  public func balanceCurrent(cell k: Int) -> Double { balancer.current(ofCell: k) }

  public func isOn(_ indicator: Indicator) -> Bool { panel.isOn(indicator) }
  public func takeIndicatorEdges() -> [IndicatorEdge] { panel.takeEdges() }

  /// The comparator works in hardware, in the discharge direction only (SPEC-SCP-04), while the path is closed.
  public var shortCircuitReaction: (level: Double, delay: Double)? {
    let behaviour = parameters[.shortCircuit]
    guard power.state == .active, sampled, parameters.shortCircuit.alive, behaviour.enabled else {
      return nil
    }
    let level = behaviour.level(settings[.shortCircuitCurrent])
    return (level, parameters.shortCircuit.response * behaviour.delayFactor)
  }

  public func shortCircuitTripped(at instant: WorldInstant) {
    // The instant lies inside a pulse, ahead of the firmware's clock; only hardware acts that fast.
    guard power.state == .active else { return }
    currentProtection.tripShort()
    setSwitches()
  }

  public func absorbed(energy: Double) {
    if energy > parameters.path.survivableEnergy { switchesShorted = true }
  }
}
