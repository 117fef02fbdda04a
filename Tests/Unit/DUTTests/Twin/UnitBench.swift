import Foundation
import Ports
import Simulation

@testable import DUT

/// Surroundings whose every value a test sets: a pack, a current that flows where the path lets it, four sensors.
final class FakeSurroundings: BoardSurroundings {
  var now = WorldInstant.start
  var cells = [Double](repeating: 3.3, count: 24)
  var leads = [Double](repeating: 0.02, count: 24)
  var supplyOverride: Double?
  var connected = true
  /// Amperes that flow if the path conducts that way; positive charges.
  var demandedCurrent = 0.0
  var temperatures = [25.0, 25.0, 25.0, 25.0]
  var sensorOhms: [Double?] = [nil, nil, nil, nil]
  var wakeSwitchClosed = false
  var auxiliary = 0.0
  /// Nodes whose wire is interrupted; what the cells beside them read is not changed by it here.
  var open: [Int] = []
  weak var unit: SimulatedUnit?

  func senseVoltage(cell k: Int) -> Double { connected ? cells[k - 1] : 0 }
  func leadResistance(cell k: Int) -> Double { leads[k - 1] }
  var auxiliaryVoltage: Double { auxiliary }
  func isConnected(node: Int) -> Bool { !open.contains(node) }
  var supplyVoltage: Double { connected ? supplyOverride ?? cells.reduce(0, +) : 0 }
  var loopCurrent: Double {
    guard let unit else { return 0 }
    let conducts = demandedCurrent > 0 ? unit.chargeSwitchClosed : unit.dischargeSwitchClosed
    return conducts ? demandedCurrent : 0
  }
  func thermistorResistance(_ n: Int) -> Double {
    sensorOhms[n - 1] ?? 10_000 * exp(3950 * (1 / (temperatures[n - 1] + 273.15) - 1 / 298.15))
  }
}

/// A unit with fake surroundings and a hand on the clock.
final class UnitBench {
  let unit: SimulatedUnit
  let around = FakeSurroundings()
  private(set) var edges: [IndicatorEdge] = []
  /// Every change of a cell's balancing current: positive out of the cell.
  private(set) var transfers: [(cell: Int, amperes: Double, at: Double)] = []
  private var flowing = [Double](repeating: 0, count: 24)
  /// Cells follow the charge taken from them: volts per coulomb.
  var voltsPerCoulomb = 0.0
  private var parser = FrameParser()

  init(_ parameters: UnitParameters = .quiet) {
    unit = SimulatedUnit(parameters: parameters)
    around.unit = unit
  }

  var now: Double { around.now.seconds }
  var chargeClosed: Bool { unit.chargeSwitchClosed }
  var dischargeClosed: Bool { unit.dischargeSwitchClosed }

  /// Lets seconds pass, stopping at each of the unit's own events.
  func wait(_ seconds: Double) {
    let end = around.now + .seconds(seconds)
    react()
    while true {
      let next = min(unit.nextEvent ?? end, end)
      let step = (next - around.now).seconds
      for index in 0..<24 { around.cells[index] -= flowing[index] * step * voltsPerCoulomb }
      around.now = max(next, around.now)
      react()
      if around.now >= end { return }
    }
  }

  /// Seconds until `condition` holds, looking at every event; nil when it does not within `limit`.
  func time(until condition: (UnitBench) -> Bool, limit: Double = 60) -> Double? {
    let began = around.now
    react()
    while (around.now - began).seconds < limit {
      if condition(self) { return (around.now - began).seconds }
      let next = unit.nextEvent.map { ($0 - around.now).seconds } ?? limit
      wait(min(max(next, 0), limit))
    }
    return condition(self) ? (around.now - began).seconds : nil
  }

  private func react() {
    var before: (Bool, Bool)
    repeat {
      before = (unit.chargeSwitchClosed, unit.dischargeSwitchClosed)
      unit.advance(to: around.now, in: around)
    } while before != (unit.chargeSwitchClosed, unit.dischargeSwitchClosed)
    edges += unit.takeIndicatorEdges()
    for index in 0..<24 where unit.balanceCurrent(cell: index + 1) != flowing[index] {
      flowing[index] = unit.balanceCurrent(cell: index + 1)
      transfers.append((index + 1, flowing[index], now))
    }
  }

  /// Presses the wake switch for half a second and waits until the first samples are judged.
  func activate() {
    around.wakeSwitchClosed = true
    wait(0.5)
    around.wakeSwitchClosed = false
    wait(2)
  }

  func powerCycle() {
    around.connected = false
    wait(3)
    around.connected = true
    wait(0.5)
    activate()
  }

  func setAll(_ volts: Double) {
    for index in 0..<24 { around.cells[index] = volts }
  }

  /// Rising edges of an indicator between two times.
  func pulses(_ indicator: Indicator, from: Double = 0, to: Double = .infinity) -> Int {
    edges.count { $0.indicator == indicator && $0.level && $0.at.seconds >= from && $0.at.seconds < to }
  }

  // MARK: radio

  func connect() { _ = unit.connect(at: around.now) }

  func send(_ request: Request) { unit.write(request.bytes, at: around.now) }

  func write(_ register: SettingsRegister, _ value: RegisterValue) throws {
    send(try Request.write(register, value: value))
    wait(0.2)
  }

  /// Frames that arrive within `seconds`.
  func frames(within seconds: Double) -> [ParsedFrame] {
    wait(seconds)
    return unit.takeNotifications(upTo: around.now).flatMap { notification in
      parser.feed(notification.bytes, at: notification.at).compactMap {
        guard case .frame(let frame) = $0 else { return nil }
        return frame
      }
    }
  }

  /// Asks for the stream if needed and takes the newest cell information.
  func telemetry(after seconds: Double = 1.2) -> CellInfo? {
    if !unit.isConnected { connect() }
    send(.read(.cellInfo))
    return frames(within: seconds).compactMap { CellInfo(decoding: $0.bytes, version: .v2) }.last
  }
}

extension UnitParameters {
  /// A nominal unit without noise, so that thresholds can be approached to the millivolt.
  static var quiet: UnitParameters {
    var unit = UnitParameters()
    for index in unit.channels.indices { unit.channels[index].noise = 0 }
    return unit
  }

  /// A quiet unit with some parameters set as a unit file would.
  static func quiet(_ values: [(String, UnitParameterValue)]) throws -> UnitParameters {
    var unit = UnitParameters.quiet
    for (path, value) in values { try unit.set(path: path, value: value) }
    return unit
  }
}
