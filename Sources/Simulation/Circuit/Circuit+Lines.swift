import Ports

/// A mirror contact on its way to the state of its contactor.
struct PendingMirror {
  let contact: Contact
  let level: Bool
  let at: WorldInstant
}

/// A slow relay on its way to what its line says.
struct PendingMove {
  let relay: Relay
  let active: Bool
  let at: WorldInstant
  let orderedAt: WorldInstant
}

/// Relays, contacts, mirror contacts, indicators.
extension Circuit {
  /// Applies `change` to the line or fault state of a relay and carries out what follows from its true state.
  /// - Parameter orderedAt: When its line asked for it; nil when a fault moves it.
  func changeRelay(_ relay: Relay, orderedAt: WorldInstant?, _ change: () -> Void) {
    let before = isActive(relay)
    let (line, stop) = (lines[relay.index], stuck[relay.index])
    change()
    let after = isActive(relay)
    guard after != before else { return }
    if let relayWillMove {
      let changed = (lines[relay.index], stuck[relay.index])
      (lines[relay.index], stuck[relay.index]) = (line, stop)
      relayWillMove(relay, after, orderedAt)
      (lines[relay.index], stuck[relay.index]) = changed
    }
    switch relay {
    case .nodeOpen(let n): stackInput.wiring.open[n] = after
    case .emulatorContactor: moveMirror(.emulatorContactorMirror, to: after)
    case .loopContactor: moveMirror(.loopContactorMirror, to: after)
    case .shortTrigger: if after { firePulse() }
    case .nodeCrossing:
      stackInput.wiring.node.swapAt(parameters.crossedNode, parameters.crossedNode + 1)
    case .lineResistor: wireResistance(of: parameters.resistorNode)
    case .dischargeResistors: moveMirror(.dischargeMirror, to: after)
    case .wakeSwitch: moveMirror(.wakeSwitchMirror, to: after)
    case .indicatorTest: for indicator in Indicator.allCases { noteSensor(indicator, at: now) }
    case .thermistorCheck, .leakage: break
    }
    changed()
  }

  /// Lead, resistors of the fixture and what a scenario added, all in one wire.
  func wireResistance(of node: Int) {
    var ohms = parameters.cellLeadResistance + addedResistance[node]
    if node == parameters.resistorNode {
      for (index, value) in parameters.lineResistors.enumerated() where isActive(.lineResistor(index)) {
        ohms += value
      }
    }
    stackInput.wiring.resistance[node] = ohms
  }

  private func moveMirror(_ contact: Contact, to level: Bool) {
    pendingMirrors.removeAll { $0.contact == contact }
    guard level != isActive(contact) else { return }
    pendingMirrors.append(PendingMirror(contact: contact, level: level, at: now + Self.mirrorDelay))
  }

  /// Carries out the moves of slow relays that are due at `now`.
  func runMoves() {
    let due = pendingMoves.filter { $0.at <= now }
    guard !due.isEmpty else { return }
    pendingMoves.removeAll { $0.at <= now }
    for move in due {
      changeRelay(move.relay, orderedAt: move.orderedAt) { lines[move.relay.index] = move.active }
    }
  }

  /// Moves the mirror contacts that are due at `now`.
  func runMirrors() {
    for mirror in pendingMirrors where mirror.at <= now {
      setContactLevel(mirror.contact, mirror.level, at: mirror.at)
    }
    pendingMirrors.removeAll { $0.at <= now }
  }

  func setContactLevel(_ contact: Contact, _ level: Bool, at instant: WorldInstant) {
    guard contacts[contact.index] != level else { return }
    contacts[contact.index] = level
    contactHistory[contact.index].append((level, instant))
  }

  func record(_ edge: IndicatorEdge) {
    lit[edge.indicator.index] = edge.level
    noteSensor(edge.indicator, at: edge.at)
  }

  /// What stands before a sensor: the unit's light, or the test lamp beside it.
  private func noteSensor(_ indicator: Indicator, at instant: WorldInstant) {
    let level = lit[indicator.index] || isActive(.indicatorTest)
    guard level != indicatorHistory[indicator.index].last?.level ?? false else { return }
    indicatorHistory[indicator.index].append((level, instant))
  }
}

extension Relay {
  static let resistorCount = 5
  static let count = 34 + resistorCount
  var index: Int {
    switch self {
    case .emulatorContactor: return 0
    case .loopContactor: return 1
    case .dischargeResistors: return 2
    case .wakeSwitch: return 3
    case .shortTrigger: return 4
    case .nodeOpen(let n):
      precondition((0...24).contains(n), "node B\(n) does not exist")
      return 5 + n
    case .nodeCrossing: return 30
    case .leakage: return 31
    case .lineResistor(let n):
      precondition((0..<Self.resistorCount).contains(n), "line resistor \(n) does not exist")
      return 32 + n
    case .thermistorCheck: return 32 + Self.resistorCount
    case .indicatorTest: return 33 + Self.resistorCount
    }
  }
}

extension Contact {
  static let count = 6
  /// Cover closed, emergency stop not pressed, contactors open.
  static let initialLevels = [false, true, false, false, false, false]
  var index: Int {
    switch self {
    case .emergencyStop: 0
    case .cover: 1
    case .emulatorContactorMirror: 2
    case .loopContactorMirror: 3
    case .wakeSwitchMirror: 4
    case .dischargeMirror: 5
    }
  }
}

extension Indicator {
  var index: Int {
    switch self {
    case .blue: 0
    case .red: 1
    case .yellow: 2
    case .green: 3
    case .buzzer: 4
    }
  }
}
