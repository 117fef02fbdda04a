import Ports

/// The active balancer: takes charge from the largest cell into its supercapacitor, then gives it to the smallest,
/// until the difference is small enough.
///
/// - Source: manual section 7.2 (two phases, 2 … 5 s, over-balance check after 3 minutes, halving), section 10.1
///   no. 3 (first cell above 2.4 V), section 10.3 no. 3 (beep 3 minutes after completion); start delay of about
///   2 s from the BLE protocol notes section 4.3. Pauses, lowest current and resets are project defaults.
struct Balancer {
  enum State: Equatable {
    case idle
    /// Conditions hold; waiting before the first cycle.
    case preparing(until: WorldInstant)
    case discharging(cell: Int, until: WorldInstant)
    /// Defect: both chosen cells carry current.
    case overlapping(from: Int, into: Int, until: WorldInstant)
    case pausing(until: WorldInstant)
    case charging(cell: Int, until: WorldInstant)
    /// Currents are off so that the cells can be measured; then the cycle is judged.
    case settling(until: WorldInstant)
    /// Largest and smallest swapped: looks again when the wait is over.
    case waiting(until: WorldInstant)
    case finished(since: WorldInstant, beeped: Bool)
  }

  enum Action: Equatable { case started, completionBeep }

  static let startDelay = Interval.seconds(2)
  static let pause = Interval.milliseconds(300)
  static let overBalanceWait = Interval.seconds(180)
  static let completionDelay = Interval.seconds(180)
  /// Amperes below which the current is not halved any more.
  static let lowestCurrent = 0.25

  struct Input {
    /// Volts of the configured cells from the last undisturbed sample, index 0 = cell 1.
    var cells: ArraySlice<Double>
    /// Switched on and nothing wrong.
    var permitted: Bool
    /// Something is being timed: finish the phase, then wait.
    var hold: Bool
    var settings: StoredSettings
    /// Volts at the pins of the cell that gives, under its current; 0 while none does.
    var sourcePinVolts = 0.0
  }

  let behaviour: UnitParameters.BalancerBehaviour
  private(set) var state = State.idle
  /// Times the current was halved since balancing began.
  private(set) var halvings = 0
  /// Volts that the leads of the giving cell dropped when it was last seen.
  private var leadDrop = 0.0
  private var largest = 0
  private var smallest = 0
  private var setCurrent = 0.0

  init(behaviour: UnitParameters.BalancerBehaviour) { self.behaviour = behaviour }

  /// Between start and completion, pauses included: status 5 and the yellow light flashing.
  var isRunning: Bool {
    switch state {
    case .discharging, .overlapping, .pausing, .charging, .settling, .waiting: true
    case .idle, .preparing, .finished: false
    }
  }
  var isFinished: Bool {
    if case .finished = state { true } else { false }
  }
  /// Current flows, so the cells cannot be measured.
  var disturbsMeasurement: Bool { current != 0 }

  /// Amperes as telemetry signs them: negative out of the largest cell, positive into the smallest.
  var current: Double {
    switch state {
    case .discharging, .overlapping: -realCurrent
    case .charging: realCurrent
    default: 0
    }
  }

  /// The cell that gives now.
  var givingCell: Int? {
    switch state {
    case .discharging(let cell, _), .overlapping(let cell, _, _): cell
    default: nil
    }
  }

  private func reduced(_ times: Int) -> Double {
    (0..<times).reduce(setCurrent) { current, _ in current * behaviour.halvingFactor }
  }
  private var realCurrent: Double { reduced(halvings) * behaviour.currentFactor * growth }
  /// A defective unit's current depends on the difference with which the cycle began.
  private var growth = 1.0

  /// Amperes taken out of cell 1 … 24 (negative: put in).
  func current(ofCell k: Int) -> Double {
    switch state {
    case .discharging(let cell, _): share(of: k, in: cell) * realCurrent
    case .charging(let cell, _): -share(of: k, in: cell) * realCurrent
    case .overlapping(let from, let into, _): (share(of: k, in: from) - share(of: k, in: into)) * realCurrent
    default: 0
    }
  }

  private func share(of k: Int, in cell: Int) -> Double {
    if k == cell { return 1 }
    return k == (cell > 1 ? cell - 1 : 2) ? behaviour.neighbourLeak : 0
  }

  var nextEvent: WorldInstant? {
    switch state {
    case .idle: nil
    case .preparing(let until), .discharging(_, let until), .overlapping(_, _, let until),
      .pausing(let until),
      .charging(_, let until), .settling(let until), .waiting(let until):
      until
    case .finished(let since, let beeped): beeped ? nil : since + completionDelay
    }
  }

  /// Runs what is due and reacts to the last sample.
  mutating func update(_ input: Input, at now: WorldInstant) -> [Action] {
    guard input.permitted else {
      state = .idle
      halvings = 0
      return []
    }
    seeLeads(input)
    switch state {
    case .idle:
      if startConditionHolds(input) { state = .preparing(until: now + Self.startDelay) }
    case .preparing(let until):
      if !startConditionHolds(input) {
        state = .idle
      } else if now >= until {
        beginCycle(input, at: now)
        return [.started]
      }
    case .discharging(let cell, let until) where now >= until:
      if behaviour.oneDirectionOnly {
        state = .settling(until: now + Self.pause)
      } else if behaviour.overlap > 0 {
        let into = shifted(smallest, input)
        state = .overlapping(from: cell, into: into, until: now + .seconds(behaviour.overlap))
      } else {
        state = .pausing(until: now + Self.pause)
      }
    case .overlapping(_, _, let until) where now >= until:
      beginCharging(input, at: now)
    case .pausing(let until) where now >= until:
      if input.hold { state = .pausing(until: now + Self.pause) } else { beginCharging(input, at: now) }
    case .charging(_, let until) where now >= until:
      state = .settling(until: now + Self.pause)
    case .settling(let until) where now >= until:
      if input.hold { state = .settling(until: now + Self.pause) } else { judgeCycle(input, at: now) }
    case .waiting(let until) where now >= until:
      lookAgain(input, at: now)
    case .finished(let since, let beeped):
      if startConditionHolds(input) {
        halvings = 0
        state = .preparing(until: now + Self.startDelay)
      } else if !beeped, now >= since + completionDelay {
        state = .finished(since: since, beeped: true)
        return beepsWhenCompleted(input) ? [.completionBeep] : []
      }
    case .discharging, .overlapping, .pausing, .charging, .settling, .waiting:
      break
    }
    return []
  }

  private var completionDelay: Interval { Self.completionDelay * behaviour.completionDelayFactor }

  private func beepsWhenCompleted(_ input: Input) -> Bool {
    switch behaviour.completionBeep {
    case .normal: input.settings.buzzerEnabled
    case .never: false
    case .always: true
    }
  }

  // MARK: decisions

  private mutating func seeLeads(_ input: Input) {
    guard case .discharging(let cell, _) = state, input.sourcePinVolts > 0,
      input.cells.indices.contains(cell - 1)
    else { return }
    leadDrop = max(0, input.cells[cell - 1] - input.sourcePinVolts)
  }

  /// The supercapacitor gives back what it took, less the losses: at the same current the phase is shorter by these and
  /// by the ratio of the voltages at the pins, which the leads lower on one side and raise on the other.
  private mutating func beginCharging(_ input: Input, at now: WorldInstant) {
    let source = input.cells[input.cells.startIndex + largest - 1] - leadDrop
    let sink = input.cells[input.cells.startIndex + smallest - 1] + leadDrop
    let ratio = source > 0 && sink > 0 ? source / sink : 1
    let seconds =
      behaviour.chargePhaseTime > 0
      ? behaviour.chargePhaseTime : behaviour.phaseTime * behaviour.efficiency * ratio
    state = .charging(cell: shifted(smallest, input), until: now + .seconds(max(0.05, seconds)))
  }

  private func spread(_ input: Input) -> Double { (input.cells.max() ?? 0) - (input.cells.min() ?? 0) }

  private func startConditionHolds(_ input: Input) -> Bool {
    let settings = input.settings
    guard let first = input.cells.first, let highest = input.cells.max() else { return false }
    let startVoltage =
      behaviour.ignoresVoltage
      ? 0
      : max(
        settings[.balanceStartVoltage] + behaviour.startVoltageError,
        settings[.balanceStopVoltage] + behaviour.stopVoltageError)
    return first > behaviour.firstCellMin && highest >= startVoltage
      && spread(input) >= settings[.balanceStartDifference] + behaviour.startDifferenceError
  }

  private func extremes(_ input: Input) -> (largest: Int, smallest: Int) {
    let cells = Array(input.cells)
    let high = cells.indices.max { cells[$0] < cells[$1] } ?? 0
    let low = cells.indices.min { cells[$0] < cells[$1] } ?? 0
    return (high + 1, low + 1)
  }

  /// A defective unit drives the neighbour of the cell it means.
  private func shifted(_ cell: Int, _ input: Input) -> Int {
    let count = input.cells.count
    return ((cell - 1 + behaviour.cellError) % count + count) % count + 1
  }

  private mutating func beginCycle(_ input: Input, at now: WorldInstant) {
    (largest, smallest) = extremes(input)
    setCurrent = input.settings[.balanceCurrent]
    growth = max(0, 1 + behaviour.currentPerVolt * spread(input))
    state = .discharging(
      cell: shifted(largest, input), until: now + .seconds(max(0.05, behaviour.phaseTime - behaviour.overlap))
    )
  }

  private mutating func judgeCycle(_ input: Input, at now: WorldInstant) {
    let settings = input.settings
    let stopVoltage = settings[.balanceStopVoltage] + behaviour.stopVoltageError
    if !behaviour.ignoresVoltage, (input.cells.max() ?? 0) < stopVoltage {
      state = .idle
      halvings = 0
    } else if isInRange(input) {
      state = .finished(since: now, beeped: false)
      halvings = 0
    } else if hasSwapped(input) {
      state = .waiting(until: now + Self.overBalanceWait * behaviour.waitFactor)
    } else {
      beginCycle(input, at: now)
    }
  }

  private func isInRange(_ input: Input) -> Bool {
    behaviour.stops
      && spread(input) <= input.settings[.balanceStopDifference] + behaviour.stopDifferenceError
  }

  private func hasSwapped(_ input: Input) -> Bool {
    extremes(input) == (largest: smallest, smallest: largest)
  }

  private mutating func lookAgain(_ input: Input, at now: WorldInstant) {
    let mayHalve = behaviour.halving && reduced(halvings + 1) >= Self.lowestCurrent
    if hasSwapped(input), mayHalve { halvings += 1 }
    if isInRange(input) {
      state = .finished(since: now, beeped: false)
      halvings = 0
    } else {
      beginCycle(input, at: now)
    }
  }
}
