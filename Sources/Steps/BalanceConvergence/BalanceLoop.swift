import Capabilities
import CellModel
import Engine
import Model
import Ports
import Quantities

/// Closes the loop: reads what the emulated cells deliver, lets the modelled ones answer, programs their voltages.
///
/// An emulator takes up to seconds to read all its currents, about as long as one transfer. Only the two cells that
/// the unit names as highest and lowest are therefore read each time; all others carry the supply current, which the
/// shunt measures. When the unit reports a current that neither of the two carries, all cells are read, and the
/// one that does is watched from then on.
struct BalanceLoop {
  /// How long a supply current is taken for known.
  static let supplyAge = Interval.seconds(10)
  /// A telemetry frame comes every half second; one that began before this is not waited for again.
  static let frameAge = Interval.milliseconds(600)
  /// Longest wait for a frame inside the loop: the cells must not stand still.
  static let frameWait = Interval.milliseconds(300)
  /// Looks in a row at which a reported current is found nowhere, and the shortest time between two searches.
  static let looksBeforeSearch = 3
  static let searchInterval = Interval.seconds(15)
  static let straysMax = 2
  /// Volts the emulator resolves.
  static let step = 1e-4
  /// Ohms between a cell and the unit's connector: two leads. Energies are those of the unit, without this drop.
  private let leads: Double
  /// Longest time for which the cells may stand still while current flows; beyond it they were no cells.
  private let gapLimit: Interval

  let context: StepContext
  let period: Interval
  /// Errors of the unit's channels: what it reads less what is there.
  let corrections: [Double]
  private let feedsUnit: Bool
  private(set) var pack: ModelledPack
  private(set) var log = ConvergenceLog()

  private var watched: [Int]
  /// Cells that carried current although the unit named others.
  private(set) var strays: [Int] = []
  /// Every current that the unit reported was seen.
  private(set) var isComplete = true
  private var looksWithout = 0
  /// The look before was one at all cells, which takes an emulator seconds.
  private var wasSurvey = false
  private var turns = 0
  private var lastSearch = WorldInstant.start
  private var amperes: [Double]
  private var lastLook: WorldInstant
  private var supply = 0.0
  private var supplyAt: WorldInstant?
  private var programmed: [Double]
  private var lastFrame: WorldInstant
  /// Damaged and missing frames of the unit at the last look.
  private var linkFaultsBefore: Int

  /// - Parameter feedsUnit: False keeps the supply current out of the modelled cells: tiny ones would be empty after
  ///   some minutes of waiting.
  init(context: StepContext, pack: ModelledPack, corrections: [Double], feedsUnit: Bool = true) {
    self.context = context
    self.feedsUnit = feedsUnit
    self.pack = pack
    self.corrections = corrections
    period = .seconds(context.values.quantity("period"))
    gapLimit = .seconds(context.values.quantity("gap-limit"))
    leads = 2 * context.bench.rig.wiring.cellLeadResistance.base
    amperes = Array(repeating: 0, count: pack.cells.count)
    programmed = Array(repeating: .nan, count: pack.cells.count)
    lastLook = context.world.now
    lastFrame = context.world.now
    linkFaultsBefore = Self.linkFaults(context)
    watched = Self.extremes(pack.cells.map(\.openCircuitVoltage.base))
  }

  /// Volts between the cells' terminals with the currents of the last look.
  var volts: [Double] { pack.terminalVoltages(currents: amperes.map { Current($0) }).map(\.base) }

  /// Programs the cells as they are now and starts the model's clock.
  mutating func begin() async throws {
    try await readSupply()
    amperes = amperes.map { _ in supply }
    lastLook = context.world.now
    try await program()
  }

  /// One turn of the loop, on average `period` long unless the instruments take longer.
  ///
  /// Transfers are periodic too: turns of one length could meet their edges always at the same place, and the error of
  /// the charge would not average out. Their lengths therefore spread evenly over ±25 % (golden ratio sequence).
  ///
  /// - Returns: The newest telemetry, nil when none came in time.
  mutating func turn() async throws -> UnitTelemetry? {
    let began = context.world.now
    let place = Double(turns) * 0.618_033_988_749_895
    let length = period * (0.75 + 0.5 * (place - place.rounded(.down)))
    turns += 1
    if supplyAt.map({ began - $0 > Self.supplyAge }) ?? true { try await readSupply() }
    try await look(at: watched + strays.filter { !watched.contains($0) })
    try await program()
    let frame = try await newestFrame()
    if let frame {
      follow(frame)
      try await search(frame)
    }
    try await context.sleep(until: began + length)
    return frame
  }

  private mutating func readSupply() async throws {
    supply = try await context.bench.supplyAmperes()
    supplyAt = context.world.now
  }

  /// Reads some cells, lets the model run up to the middle of the exchange with the mean of both ends.
  private mutating func look(at cells: [Int], isSurvey: Bool = false) async throws {
    let asked = context.world.now
    let readings = try await context.bench.cellCurrents(cells)
    let at = asked + (context.world.now - asked) * 0.5
    var now = amperes.map { _ in supply }
    for (cell, reading) in zip(cells, readings) {
      now[cell - 1] = try context.bench.number(reading, role: .cells, member: cell - 1)
    }
    let seconds = max((at - lastLook).seconds, 0)
    if !isSurvey, !wasSurvey { try checkGap(seconds) }
    wasSurvey = isSurvey
    linkFaultsBefore = linkFaults
    let means = zip(amperes, now).map { ($0 + $1) / 2 }
    pack.advance(currents: means.map { Current(feedsUnit ? $0 : drained($0)) }, seconds: seconds)
    amperes = now
    lastLook = at
    log.add(
      ConvergenceLog.Look(
        at: at, seconds: seconds, balancing: means.map { $0 - supply }, volts: volts,
        pins: zip(volts, means).map { $0 - leads * ($1 - supply) },
        statesOfCharge: pack.statesOfCharge, now: amperes.map { $0 - supply }, gives: gives, takes: takes))
  }

  /// What is left of a reading without the supply current; nothing below the floor, which is the emulator's offset.
  private func drained(_ amperes: Double) -> Double {
    let rest = amperes - supply
    return rest.magnitude > ConvergenceLog.floor ? rest : 0
  }

  /// An emulator that answers too late is no cell: what the unit did meanwhile is not its fault.
  private func checkGap(_ seconds: Double) throws {
    guard seconds > gapLimit.seconds else { return }
    // Frames that came damaged or not at all are waited for again: then it was the unit that kept the loop waiting,
    // and the record of its link says so.
    guard linkFaults == linkFaultsBefore else {
      throw StepEnough(
        why: "damaged or missing frames of the unit kept the loop waiting for \(TimeSpan(seconds))")
    }
    throw RigFault(
      instrument: context.bench.instrumentNames(.cells).joined(separator: ", "),
      message:
        "the modelled cells stood still for \(TimeSpan(seconds)), the loop allows \(TimeSpan(gapLimit.seconds)); "
        + "check the connection to the emulator and what else uses it")
  }

  private var linkFaults: Int { Self.linkFaults(context) }

  private static func linkFaults(_ context: StepContext) -> Int {
    let statistics = context.unit.statistics
    return statistics.checksumErrors + statistics.counterGaps
  }

  /// Looks at all cells, so that a current where none is expected shows.
  /// - Returns: Amperes beyond the supply current, cell 1 first.
  mutating func survey() async throws -> [Double] {
    try await look(at: context.bench.fedCells, isSurvey: true)
    return amperes.map { $0 - supply }
  }

  private var gives: Bool { amperes.contains { $0 - supply > ConvergenceLog.floor } }
  private var takes: Bool { amperes.contains { supply - $0 > ConvergenceLog.floor } }

  /// Programs what changed by a step of the emulator, so that most turns cost two channels.
  private mutating func program() async throws {
    let wanted = volts.enumerated().map { index, value in
      ((value - (corrections.indices.contains(index) ? corrections[index] : 0)) / Self.step).rounded()
        * Self.step
    }
    let changed = wanted.indices.filter { wanted[$0] != programmed[$0] }
    guard !changed.isEmpty else { return }
    try await context.bench.setCells(changed.map { ($0 + 1, wanted[$0]) })
    for index in changed { programmed[index] = wanted[index] }
  }

  /// The newest frame; a missing one is no fault before the link was silent for as long as anywhere else.
  private mutating func newestFrame() async throws -> UnitTelemetry? {
    let now = context.world.now
    do {
      let frame = try await context.unit.telemetry(after: now - Self.frameAge, deadline: now + Self.frameWait)
      lastFrame = frame.at
      return frame
    } catch {
      guard error.code == .noAnswer, now - lastFrame < .seconds(StepContext.frameLimit) else { throw error }
      return nil
    }
  }

  /// Watches the cells that the unit names. While it fills the smallest cell its readings may have moved on, so
  /// that the pair named while it takes from the largest one stays valid (BLE protocol notes section 4.3).
  private mutating func follow(_ frame: UnitTelemetry) {
    guard !frame.isBalancing || frame.balancingCurrent < -ConvergenceLog.floor else { return }
    let named = [frame.highestCell, frame.lowestCell].filter { (1...pack.cells.count).contains($0) }
    guard named.count == 2, named[0] != named[1] else { return }
    watched = named
  }

  private mutating func search(_ frame: UnitTelemetry) async throws {
    let reported = frame.balancingCurrent.magnitude > ConvergenceLog.floor
    looksWithout = reported && !gives && !takes ? looksWithout + 1 : 0
    guard looksWithout >= Self.looksBeforeSearch, strays.count < Self.straysMax,
      context.world.now - lastSearch > Self.searchInterval
    else { return }
    lastSearch = context.world.now
    isComplete = false
    looksWithout = 0
    try await look(at: context.bench.fedCells, isSurvey: true)
    let carriers = amperes.indices.filter { (amperes[$0] - supply).magnitude > ConvergenceLog.floor }.map {
      $0 + 1
    }
    for cell in carriers
    where !watched.contains(cell) && !strays.contains(cell) && strays.count < Self.straysMax {
      strays.append(cell)
      context.note(
        "\(context.cell(cell)) carries balancing current while the unit names \(context.cell(frame.highestCell)) "
          + "and \(context.cell(frame.lowestCell))")
    }
  }

  private static func extremes(_ volts: [Double]) -> [Int] {
    let high = volts.indices.max { volts[$0] < volts[$1] }!
    let low = volts.indices.min { volts[$0] < volts[$1] }!
    return high == low ? [high + 1] : [high + 1, low + 1]
  }
}
