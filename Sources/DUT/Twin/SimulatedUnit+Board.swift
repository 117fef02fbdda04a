import Ports
import Simulation

extension SimulatedUnit: BoardModel {
  public var nextEvent: WorldInstant? {
    var events = [power.nextEvent, panel.nextEvent(after: now), inrushEnd, greenDue]
    if power.state == .active {
      events += [nextSample, currentProtection.nextEvent, balancer.nextEvent, radio.nextFrame]
      if sampled { events.append(bus.nextEvent) }
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

  public var pathResistance: Double {
    parameters.path.resistance + (stressed ? parameters.path.stressResistance : 0)
  }
  public var bodyDiodeDrop: Double { parameters.path.bodyDiode + parameters.path.dischargeDiodeExtra }
  public var chargeDiodeDrop: Double { parameters.path.bodyDiode + parameters.path.chargeDiodeExtra }
  public var offLeakage: Double { parameters.path.offLeakage }

  public var supplyCurrent: Double { power.feedsFromAuxiliary ? 0 : draw }
  public var auxiliaryCurrent: Double { power.feedsFromAuxiliary ? draw : 0 }

  private var draw: Double {
    let supply = parameters.supply
    let running =
      switch power.state {
      case .unsupplied: 0.0
      case .asleep, .dormant: supply.dormant
      case .starting, .active: supply.active + (radio.isConnected ? supply.connected : 0)
      }
    return running + (inrushEnd == nil ? 0 : supply.inrush)
  }

  public func balanceCurrent(cell k: Int) -> Double {
    balancer.current(ofCell: k) + (inputCurrents.map { $0[k - 1] } ?? 0)
  }

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
    guard energy > 0 else { return }
    stressed = true
    frontEnd.shake()
  }
}
