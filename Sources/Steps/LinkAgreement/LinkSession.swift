import Capabilities
import Engine
import Ports
import Quantities

/// What one link told at one instant; nil what it does not tell.
struct LinkSample {
  var at: WorldInstant
  /// V, A (positive = charging), share, °C.
  var voltage: Double?
  var current: Double?
  var charge: Double?
  var temperature: Double?
  /// V, index 0 = cell 1; empty where none were told.
  var cells: [Double] = []
}

/// Everything that one port beside Bluetooth told.
struct LinkLog {
  enum Port: String, CaseIterable {
    case can, rs485
    var words: String { self == .can ? "CAN" : "485" }
    /// Of the rig file.
    var key: String { self == .can ? "unit-bus" : "unit-rs485" }
  }
  let port: Port
  let bus: any UnitBus
  var samples: [LinkSample] = []
  var steps = UnitBroadcast.Steps()
  /// Alarms told so far, by name; nil while none could have been.
  var alarms: Set<String>?
  /// Questions, and those that were not answered; of a port that has to be asked.
  var asked = 0
  var unanswered = 0

  init(_ port: Port, _ bus: any UnitBus) {
    self.port = port
    self.bus = bus
  }

  mutating func take(_ told: UnitBroadcast) {
    steps = told.steps
    if let names = told.alarms { alarms = (alarms ?? []).union(names) }
    samples.append(
      LinkSample(
        at: told.at, voltage: told.packVoltage, current: told.packCurrent, charge: told.stateOfCharge,
        temperature: told.temperatures.max(), cells: told.cellVoltages))
  }

  /// What should have come in a window, and how much of it did not.
  func loss(from begin: WorldInstant, to end: WorldInstant) -> (expected: Double, lost: Double) {
    guard let period = bus.period else { return (Double(asked), Double(unanswered)) }
    // The window's ends count too: a port that is silent from some instant on has lost everything since.
    let heard = samples.map(\.at).filter { $0 >= begin && $0 <= end }
    var lost = 0.0
    for (earlier, later) in zip([begin] + heard, heard + [end]) {
      lost += max(0, ((later - earlier).seconds / period - Self.tolerance).rounded(.down))
    }
    return (Double(heard.count) + lost, lost)
  }

  /// Periods by which a frame may be late before it counts as missed.
  private static let tolerance = 0.5
}

/// Listens to all links in turn. Each carries its own arrival times, so the order in which they are looked at does not
/// matter; no turn is longer than a frame's period.
struct LinkSession {
  private let context: StepContext
  private(set) var bluetooth: [LinkSample] = []
  private(set) var logs: [LinkLog] = []
  private var lastFrame: WorldInstant

  /// Seconds of one turn.
  private static let turn = 0.2
  /// Between two questions to a port that has to be asked; an answer takes some 60 ms.
  private static let askEvery = 0.5
  private static let answerLimit = 0.4

  init(_ context: StepContext) {
    self.context = context
    lastFrame = context.world.now
    if let can = context.bus { logs.append(LinkLog(.can, can)) }
    if let serial = context.rs485 { logs.append(LinkLog(.rs485, serial)) }
  }

  mutating func listen(
    until end: WorldInstant, orUntil isEnough: (LinkSession) -> Bool = { _ in false }
  ) async throws {
    var nextQuestion = context.world.now
    // What waited in a receiver from before is no part of this window.
    let begin = context.world.now
    while context.world.now < end, !isEnough(self) {
      for index in logs.indices where logs[index].bus.period != nil { try await drain(index, since: begin) }
      if context.world.now >= nextQuestion {
        nextQuestion = context.world.now + .seconds(Self.askEvery)
        for index in logs.indices where logs[index].bus.period == nil { try await ask(index) }
      }
      try await hearBluetooth(until: min(end, context.world.now + .seconds(Self.turn)))
    }
  }

  private mutating func hearBluetooth(until limit: WorldInstant) async throws {
    do throws(UnitLinkError) {
      let frame = try await context.unit.telemetry(after: lastFrame, deadline: limit)
      lastFrame = frame.at
      bluetooth.append(
        LinkSample(
          at: frame.at, voltage: frame.totalVoltage, current: frame.packCurrent, charge: frame.stateOfCharge,
          temperature: frame.temperatures.max(),
          cells: Array(frame.cellVoltages.prefix(context.cellCount))))
    } catch {
      guard error.code == .noAnswer else { throw error }
    }
  }

  /// Takes what a port told by itself since it was last looked at.
  private mutating func drain(_ index: Int, since begin: WorldInstant) async throws {
    while true {
      do throws(UnitLinkError) {
        let last = logs[index].samples.last?.at ?? begin
        logs[index].take(
          try await logs[index].bus.broadcast(after: max(last, begin), deadline: context.world.now))
      } catch {
        if error.code == .noAnswer { return }
        throw fault(error, index)
      }
    }
  }

  private mutating func ask(_ index: Int) async throws {
    logs[index].asked += 1
    do throws(UnitLinkError) {
      let now = context.world.now
      let told = try await logs[index].bus.broadcast(after: now, deadline: now + .seconds(Self.answerLimit))
      logs[index].take(told)
    } catch {
      guard error.code == .noAnswer else { throw fault(error, index) }
      logs[index].unanswered += 1
    }
  }

  private func fault(_ error: UnitLinkError, _ index: Int) -> any Error {
    error.code == .stopped ? error : RigFault(instrument: logs[index].port.key, message: error.description)
  }
}
