import DUT
import Engine
import Model
import Ports
import Simulation
import Store

/// What came of one run with faults, as the run says and as the plant shows.
public struct FaultyRun: Sendable {
  public var faults: [PlannedFault]
  /// By fault: whether it met anything before the run had ended.
  public var struck: [Bool]
  public var conclusion: Conclusion
  public var record: RunRecord
  /// What must never happen and did: in words.
  public var violations: [String]
  /// The unit crashed while it ran.
  public var unitCrashed: Bool

  /// What the run said at its end.
  public struct Conclusion: Hashable, Sendable {
    public var verdict: Verdict
    public var reason: String
    public var safeStateConfirmed: Bool
  }
}

/// Performs one run in a simulated world in which faults happen, and watches what must hold for every run.
public struct FaultyRunner: Sendable {
  public let checked: CheckedRun
  public let unit: String
  /// Draws the unit, and everything else that is drawn.
  public let unitSeed: UInt64
  public let worldSeed: UInt64
  public let program: String

  /// After the end of a run the plant is watched for so long: nothing may come back by itself, and not when a fault
  /// that went on until then is over either.
  static let watched = Interval.seconds(70)
  static let watchedBehindFault = Interval.seconds(10)
  /// Events of a run; more means that it goes in circles.
  static let eventsMax = 200_000

  public init(checked: CheckedRun, unit: String, unitSeed: UInt64, worldSeed: UInt64, program: String) {
    var checked = checked
    checked.unitSerial = unit
    self.checked = checked
    self.unit = unit
    self.unitSeed = unitSeed
    self.worldSeed = worldSeed
    self.program = program
  }

  /// - Parameters:
  ///   - timeMax: Virtual seconds that the run may take.
  ///   - journal: File of the journal; it is read back and left there.
  ///   - recordsTraffic: Whether the raw bytes go into the journal.
  /// - Throws: `RigBuildError`, `StoreError` when the journal cannot be begun, `SimulationDeadlock`.
  public func run(
    _ faults: [PlannedFault], timeMax: Double, journal: String, recordsTraffic: Bool = false
  ) throws -> FaultyRun {
    let rig = checked.rig.rig
    let circuit = Circuit(parameters: SimulatedRig.parameters(rig.wiring))
    let world = SimulatedWorld(
      circuit: circuit, seed: worldSeed, calendarStart: SimulatedSocket.calendarStart)
    let host = FaultyHost(world)
    try SimulatedRig.populate(host, with: rig, unit: try SimulatedSocket.unit(for: checked, seed: unitSeed))
    let watch = PlantWatch(circuit: circuit, rig: rig)
    let scene = FaultScene(faults, rig: rig, world: world, host: host, watch: watch)
    watch.start(host) { scene.port(of: $0) }
    scene.arm()
    world.schedule(at: .start + .seconds(timeMax)) { world.requestStop(reason: Self.overdue) }
    let socket = host.peripherals.values.flatMap { $0 }.compactMap { $0 as? SimulatedUnit }.first
    let before = socket?.settingsFrame
    let execution = RunExecution(
      checked: checked, unit: unit, seed: worldSeed, program: program, observer: NoObserver())
    let header = execution.header(run: "\(unit)-1", startedAt: world.calendarStart)
    let keeper = SpoiledJournal(
      try JournalWriter(creating: journal, durable: false), faults: faults, world: world, watch: watch)
    let sink = JournalSink(writer: keeper, observer: NoObserver()) { world.requestStop(reason: $0) }
    let conclusion = try world.run {
      try await execution.conclude(header, in: world, sink: sink, recordsTraffic: recordsTraffic) {
        world.requestStop(reason: $0)
      }
    }
    let wasLive = watch.live()
    let ended = world.now
    let struck = scene.struck.union(keeper.struck)
    world.holdStops = true
    try world.run { try await world.sleep(until: Self.watchedUntil(ended, faults)) }
    // What strikes after the end of the run excuses nothing in it, but may well keep something from going off.
    let involved = scene.struck.map { faults[$0] }
    var run = FaultyRun(
      faults: faults, struck: faults.indices.map(struck.contains),
      conclusion: .init(
        verdict: conclusion.verdict, reason: conclusion.reason,
        safeStateConfirmed: conclusion.safeStateConfirmed),
      record: sink.record ?? RunRecord(header: header),
      violations: watch.findings.map { "\($0.words) at \(($0.seconds * 1e3).rounded() / 1e3) s" },
      unitCrashed: watch.sawCrash)
    run.checkEnd(wasLive: wasLive, isLive: watch.live(), involved: involved)
    run.checkTime(ended: ended.seconds, timeMax: timeMax)
    run.checkRecord(checked.plan, wasSpoiled: !keeper.struck.isEmpty)
    run.checkStops(checked.plan)
    run.checkSettings(kept: before == socket?.settingsFrame)
    run.checkJournal(journal, kept: keeper.kept)
    return run
  }

  static func watchedUntil(_ ended: WorldInstant, _ faults: [PlannedFault]) -> WorldInstant {
    let last = ended + watched
    let ends = faults.filter { .start + .seconds($0.from) <= last }.map {
      .start + .seconds($0.from + $0.seconds) + watchedBehindFault
    }
    return ends.reduce(last, max)
  }

  /// What is left of a run that the simulation could not bring to its end.
  public func brokenOff(_ faults: [PlannedFault], _ words: String) -> FaultyRun {
    let execution = RunExecution(
      checked: checked, unit: unit, seed: worldSeed, program: program, observer: NoObserver())
    return FaultyRun(
      faults: faults, struck: faults.map { _ in false },
      conclusion: .init(verdict: .error, reason: words, safeStateConfirmed: false),
      record: RunRecord(
        header: execution.header(run: "\(unit)-1", startedAt: SimulatedSocket.calendarStart)),
      violations: [words], unitCrashed: false)
  }

  static let overdue = "the run takes too long"
}

/// The journal, which fails when the faults of the scenario say so.
private final class SpoiledJournal: EventKeeper {
  private let writer: JournalWriter
  private let world: SimulatedWorld
  private let watch: PlantWatch
  private let faults: [PlannedFault]
  /// The first fault of the disk is the last: nothing is written behind a gap.
  private var failure: StoreError?
  /// By index.
  private(set) var struck: Set<Int> = []
  /// Events in the file, and of these what is there whether or not anybody records traffic.
  private(set) var kept = 0
  private var counted = 0
  /// What errors call the journal: the same in every run.
  private static let path = "the journal"

  init(_ writer: JournalWriter, faults: [PlannedFault], world: SimulatedWorld, watch: PlantWatch) {
    self.writer = writer
    self.world = world
    self.watch = watch
    self.faults = faults
  }

  func keep(_ event: RunEvent) throws {
    // Traffic is recorded only when somebody looks: a fault waits for an event that is there in any case.
    if case .traffic = event.body {} else { count() }
    if let failure { throw failure }
    try writer.append(event)
    kept += 1
    switch event.body {
    case .phaseStarted: watch.stepsBegin()
    case .rigError, .stopRequested: watch.tripped()
    case .measured(let measurement) where measurement.outcome == .pass: watch.measurementTaken()
    default: break
    }
  }

  private func count() {
    counted += 1
    if counted == FaultyRunner.eventsMax { world.requestStop(reason: FaultyRunner.overdue) }
    let due = faults.indices.first { faults[$0].kind.isDisks && world.now.seconds >= faults[$0].from }
    guard failure == nil, let due else { return }
    struck.insert(due)
    failure =
      faults[due].kind == .diskFull
      ? .full(path: Self.path)
      : .failed(path: Self.path, attempt: "write to", detail: "input/output error")
    watch.tripped()
  }
}
