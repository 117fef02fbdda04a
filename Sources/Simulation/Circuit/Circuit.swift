import Ports

/// The one circuit behind all simulated instruments and the unit: cells, node wires, the high-current loop, the
/// short-circuit loop, thermistors, auxiliary and leakage supply, relays, indicators.
///
/// Currents are constant between events and voltages follow closed forms; `advance(to:)` walks from event to event,
/// so that hours in which little happens cost little. All values SI. The fixture that it stands for is the rig model
/// of the procedure catalogue (section 1); `CellStack`, `HighCurrentLoop`, `TerminalCharge` and `ShortPulse` say what
/// each part leaves out.
///
/// Not modelled anywhere: the rig's safety relay (contactors follow their lines alone, or are stuck), inrush into the
/// terminals when the emulator contactor closes, the current of the discharge resistors through the power path.
public final class Circuit {
  /// From the coil of a contactor to its mirror contact: a project default in the range of common DC contactors.
  public static let mirrorDelay = Interval.milliseconds(15)
  /// Rounds in which switches and currents may still change each other at one instant.
  static let settlingRoundsMax = 8
  /// Events at one and the same instant; more means that the board's `nextEvent` does not move on.
  static let eventsAtInstantMax = 10_000

  public let parameters: CircuitParameters
  public private(set) var now = WorldInstant.start

  var board: (any BoardModel)?
  /// Settings of the cells and wires with the currents that the unit draws from them.
  var stackInput: CellStack.Input
  /// Sum of the settings of all channels that are on, and whether there are any.
  var setpoints = 0.0
  var anyCellOn = false
  var loopDrive = HighCurrentLoop.Drive()
  var thermistors = [Double](repeating: .infinity, count: 5)
  var bankVolts = 0.0
  var auxiliaryDrive = AuxiliaryDrive()
  /// Ohms that a scenario put into each node's wire.
  var addedResistance = [Double](repeating: 0, count: 25)
  var lines = [Bool](repeating: false, count: Relay.count)
  var stuck = [Bool?](repeating: nil, count: Relay.count)
  var contacts = Contact.initialLevels
  var contactHistory = [[(level: Bool, at: WorldInstant)]](repeating: [], count: Contact.count)
  var pendingMirrors: [PendingMirror] = []
  /// Relays that follow their line later than they should, and moves on their way.
  var relayDelays: [Int: Interval] = [:]
  var pendingMoves: [PendingMove] = []
  /// Told of every change of a relay before it takes effect: its state to come, and when its line asked for it: nil
  /// when a fault moves it.
  public var relayWillMove: ((_ relay: Relay, _ active: Bool, _ orderedAt: WorldInstant?) -> Void)?
  var indicatorHistory = [[(level: Bool, at: WorldInstant)]](repeating: [], count: Indicator.allCases.count)
  /// The unit's own lights and sounder, whatever else stands before the sensors.
  var lit = [Bool](repeating: false, count: Indicator.allCases.count)
  var pulse: ShortPulse?
  var pulsePhase = PulsePhase.over
  var pulseEnergy = 0.0

  var stack: CellStack
  private var solvedInput: CellStack.Input
  var loop = HighCurrentLoop(drive: .init(), contactorClosed: false, path: nil, loopResistance: 0)
  var path: PowerPath?
  var fed = false
  var supplyDraw = 0.0
  var packCharge = TerminalCharge()
  var portCharge = TerminalCharge()

  /// - Precondition: lead, loop and short-loop values are not negative; capacitance, inductance, discharge and bleed
  ///   resistance are positive and finite.
  public init(parameters: CircuitParameters) {
    precondition(parameters.arePlausible, "circuit parameters out of range: \(parameters)")
    self.parameters = parameters
    stackInput = CellStack.Input(wiring: SenseWiring(leadResistance: parameters.cellLeadResistance))
    stack = CellStack(stackInput)
    solvedInput = stackInput
  }

  // MARK: time

  /// Puts a unit into the socket, or empties it.
  public func insert(_ board: (any BoardModel)?) {
    self.board = board
    pulsePhase = .over
    _ = board?.takeIndicatorEdges()
    for indicator in Indicator.allCases {
      record(IndicatorEdge(indicator: indicator, level: board?.isOn(indicator) ?? false, at: now))
    }
    changed()
  }

  /// When something changes by itself next: the board's own event, a mirror contact, a stage of the short-circuit
  /// pulse, a mark in the decay of the terminal voltage. Nil while nothing will.
  public var nextEvent: WorldInstant? {
    var next = board?.nextEvent
    func consider(_ instant: WorldInstant?) {
      if let instant, instant < (next ?? .distantFuture) { next = instant }
    }
    for mirror in pendingMirrors { consider(mirror.at) }
    for move in pendingMoves { consider(move.at) }
    consider(nextPulseEvent)
    if !fed, board != nil { consider(packCharge.nextFall) }
    return next.map { max($0, now) }
  }

  /// Runs all events up to and including `instant` in order.
  /// - Precondition: `instant` is not before `now`.
  public func advance(to instant: WorldInstant) {
    precondition(
      instant >= now, "the circuit is at \(now.seconds) s and cannot go back to \(instant.seconds) s")
    var rounds = 0
    while let next = nextEvent, next <= instant {
      rounds = next > now ? 0 : rounds + 1
      precondition(rounds < Self.eventsAtInstantMax, "the board's next event stays at \(next.seconds) s")
      now = next
      runPulse()
      runMoves()
      runMirrors()
      settle()
    }
    now = instant
  }

  /// Tells the circuit that something outside its own calls changed the board, e.g. a command over the radio.
  public func boardChanged() { changed() }

  /// A setting changed at `now`: recomputes and lets the board see it.
  func changed() {
    solve()
    settle()
  }

  /// Lets the board run at `now` until its switches and the currents agree.
  private func settle() {
    guard let board else { return solve() }
    for _ in 0..<Self.settlingRoundsMax {
      let before = path
      board.advance(to: now, in: self)
      for edge in board.takeIndicatorEdges() { record(edge) }
      solve()
      if path == before { return }
    }
  }

  /// Recomputes all currents and voltages for `now` from the settings and the board's state.
  private func solve() {
    packCharge.volts = packVolts
    portCharge.volts = portVolts
    packCharge.since = now
    portCharge.since = now

    path = board.map(PowerPath.init)
    loop = HighCurrentLoop(
      drive: loopDrive, contactorClosed: isActive(.loopContactor), path: path,
      loopResistance: parameters.loopResistance)
    fed = isActive(.emulatorContactor) && anyCellOn
    let boardDraw = board?.supplyCurrent ?? 0
    supplyDraw = fed && !stackInput.wiring.open[24] ? boardDraw : 0
    let conductance =
      1 / parameters.bleedResistance
      + (isActive(.dischargeResistors) ? 1 / parameters.dischargeResistance : 0)
    solveStack(conductance: conductance)

    let terminals = portTied ? 2.0 : 1.0
    packCharge.capacitance = parameters.terminalCapacitance * terminals
    packCharge.conductance = conductance * terminals
    packCharge.load = stackInput.wiring.open[24] ? 0 : boardDraw
    if fed { packCharge.volts = stack.total }
    portCharge.capacitance = parameters.terminalCapacitance
    portCharge.conductance = conductance
  }

  /// Solves the cells again if anything about them changed.
  private func solveStack(conductance: Double) {
    stackInput.common = fed ? supplyDraw + setpoints * conductance : 0
    stackInput.supply = supplyDraw
    let (board, known) = (board, stackInput.balance)
    for k in 1...24 {
      let current = board?.balanceCurrent(cell: k) ?? 0
      if current != known[k] { stackInput.balance[k] = current }
    }
    guard stackInput != solvedInput else { return }
    stack = CellStack(stackInput)
    solvedInput = stackInput
  }
}

/// What the auxiliary supply was told: volts and the largest amperes, both 0 while it is off.
struct AuxiliaryDrive: Equatable {
  var volts = 0.0
  var currentLimit = 0.0
}

extension PowerPath {
  init(_ board: any BoardModel) {
    self.init(
      chargeSwitchClosed: board.chargeSwitchClosed, dischargeSwitchClosed: board.dischargeSwitchClosed,
      resistance: board.pathResistance, diodeDrop: board.bodyDiodeDrop, offLeakage: board.offLeakage,
      chargeDiodeDrop: board.chargeDiodeDrop)
  }
}

extension CircuitParameters {
  var arePlausible: Bool {
    let notNegative = [cellLeadResistance, loopResistance, shortLoopResistance, shortOneShot, clampVoltage]
    let positive =
      [shortLoopInductance, terminalCapacitance, dischargeResistance, bleedResistance, leakageShunt]
      + lineResistors
    guard (0...23).contains(crossedNode), (0...24).contains(resistorNode) else { return false }
    return notNegative.allSatisfy { $0 >= 0 && $0.isFinite } && positive.allSatisfy { $0 > 0 && $0.isFinite }
  }
}
