import DUT
import Engine
import Model
import Ports
import Quantities
import Simulation
import Steps
import Store

/// Sees events once they are on disk.
public protocol RunObserver: AnyObject {
  func observe(_ event: RunEvent)
}

/// Gives a world to run in.
public protocol WorldProvider {
  /// Runs `body` in the world of the rig. The closure that `body` gets asks the world to stop.
  static func run<T>(
    checked: CheckedRun, seed: UInt64,
    _ body: @escaping (any World, @escaping (String) -> Void) async throws -> T
  ) throws -> T
}

/// One run from checked documents to a finished record in the store.
public final class RunExecution {
  public struct Outcome: Sendable {
    public let conclusion: Runner.Conclusion
    public let record: RunRecord
    /// Journal file inside the store, and its last hash.
    public let journalName: String
    public let journalHead: String
    /// Why the run is missing from the store's index, when it is; journal and verdict stand all the same.
    public let indexProblem: StoreError?
  }

  /// The journal kept nothing of a run: there is no record to show, but the rig was touched.
  public struct NothingKept: Error, Sendable, CustomStringConvertible {
    public let conclusion: Runner.Conclusion
    public var description: String { conclusion.reason }
  }

  let checked: CheckedRun
  let unit: String
  let seed: UInt64
  let program: String
  let observer: any RunObserver
  /// Why start conditions that are not met are to be overridden; nil: they refuse the start. Such a run cannot pass.
  public var overrideReason: String?
  /// What was looked at before the rig is opened.
  var conditions: [StartCondition] = []
  /// False: nobody watches the run besides, and it cannot pass.
  let withGuard: Bool

  public init(
    checked: CheckedRun, unit: String, seed: UInt64, program: String, observer: any RunObserver,
    withGuard: Bool = true
  ) {
    self.withGuard = withGuard
    var checked = checked
    // What a simulated unit's label says.
    checked.unitSerial = unit
    self.checked = checked
    self.unit = unit
    self.seed = seed
    self.program = program
    self.observer = observer
  }

  public func run(in store: RunStore, worlds: any WorldProvider.Type) throws -> Outcome {
    try worlds.run(checked: checked, seed: seed) { world, requestStop in
      try await self.run(in: store, world: world, requestStop: requestStop)
    }
  }

  /// The same in a world that the caller has already entered.
  ///
  /// - Parameter requestStop: Asks that world to stop.
  /// - Throws: `StartRefused` before anything was opened.
  public func run(
    in store: RunStore, world: any World, requestStop: @escaping (String) -> Void
  ) async throws -> Outcome {
    conditions = try startConditions(
      StartCheck(
        store: store, rig: checked.rig.rig, plan: checked.plan, unit: unit, now: world.calendarStart))
    let header = header(run: try store.nextRunID(unit: unit), startedAt: world.calendarStart)
    let writer = try store.create(run: header)
    let sink = JournalSink(writer: writer, observer: observer, requestStop: requestStop)
    let conclusion = try await conclude(
      header, in: world, sink: sink, proofPath: store.guardProofPath(of: header.run),
      recordsTraffic: true, requestStop: requestStop)
    guard let record = sink.record else { throw NothingKept(conclusion: conclusion) }
    var problem: StoreError?
    do throws(StoreError) { try writer.close() } catch { problem = error }
    // A record that could not be written to its end is left open: the next start closes it as one that broke off.
    if record.verdict != nil {
      do throws(StoreError) { try store.finish(record: record, head: writer.head) } catch {
        problem = problem ?? error
      }
    }
    return Outcome(
      conclusion: conclusion, record: record, journalName: "journals/\(header.run).jsonl",
      journalHead: writer.head,
      indexProblem: problem)
  }

  private func startConditions(_ check: StartCheck) throws -> [StartCondition] {
    var conditions = try check.conditions()
    let unmet = conditions.filter { !$0.isMet }
    guard !unmet.isEmpty else { return conditions }
    guard let overrideReason, unmet.allSatisfy(StartCheck.mayOverride) else {
      throw StartRefused(rig: check.rig.name, conditions: conditions)
    }
    for index in conditions.indices where !conditions[index].isMet {
      conditions[index].words += ". Overridden: \(overrideReason)"
    }
    return conditions
  }

  /// The run itself, from the first event to the last.
  func conclude(
    _ header: RunHeader, in world: any World, sink: any EventSink, proofPath: String = "",
    recordsTraffic: Bool, requestStop: @escaping (String) -> Void
  ) async throws -> Runner.Conclusion {
    let recorder = EventRecorder(world: world, sink: sink)
    let rest = Stimulus.restVoltage(checked.limits) ?? 0
    let rig = try WorkingRig(
      rig: checked.rig.rig, world: world, cellCount: checked.plan.cellCount, restVoltage: rest,
      answers: checked.answers, guardChoice: GuardChoice(isWanted: withGuard, proofPath: proofPath),
      recordsTraffic: recordsTraffic, record: { recorder.record($0) })
    let kinds = Dictionary(uniqueKeysWithValues: StepCatalog.kinds.map { ($0.id, $0) })
    let plan = Runner.Plan(
      procedure: checked.plan, header: header, limits: checked.limits, kinds: kinds,
      parameters: checked.parameters, conditions: conditions)
    let cycle = SafetyCycle(world: world, progress: recorder.progress, requestStop: requestStop)
    return await Runner(plan: plan, world: world, opener: rig, recorder: recorder, cycle: cycle).run()
  }

  func header(run: String, startedAt: String) -> RunHeader {
    let plan = checked.plan
    var header = RunHeader(
      run: run, unit: unit, model: checked.specification.specification.model, chemistry: plan.chemistry,
      cellCount: plan.cellCount, workflow: plan.workflow, procedure: checked.procedure.reference,
      procedureTitle: plan.title, rig: checked.rig.reference, rigTitle: checked.rig.rig.title,
      specification: checked.specification.reference, unitFile: checked.unitFile?.reference,
      document: checked.specification.specification.document, criticalRule: plan.criticalRule,
      otherRule: plan.otherRule,
      seed: seed, program: program, startedAt: startedAt, expectedSeconds: plan.expectedDuration.base,
      instruments: checked.rig.rig.instruments,
      included: checked.procedure.included.isEmpty ? nil : checked.procedure.included)
    header.answers = checked.answers?.reference
    header.steps = plan.stepHashes
    return header
  }
}

/// Keeps events for good.
public protocol EventKeeper: AnyObject {
  /// - Throws: When the event could not be kept.
  func keep(_ event: RunEvent) throws
}

extension JournalWriter: EventKeeper {
  public func keep(_ event: RunEvent) throws { try append(event) }
}

/// Disk first, then whoever watches. What cannot be kept stops the run at once, not at the end of its step.
public final class JournalSink: EventSink {
  private let writer: any EventKeeper
  private let observer: any RunObserver
  private let requestStop: (String) -> Void
  /// The fold of what was appended so far.
  public private(set) var record: RunRecord?

  public init(writer: any EventKeeper, observer: any RunObserver, requestStop: @escaping (String) -> Void) {
    self.writer = writer
    self.observer = observer
    self.requestStop = requestStop
  }

  public func append(_ event: RunEvent) throws {
    do { try writer.keep(event) } catch {
      // What happens from here on is in no record: the run must not go on for longer than making safe takes.
      let cause = (error as? StoreError)?.message ?? "\(error)"
      requestStop("the journal could not be written: \(cause)")
      throw error
    }
    if case .runStarted(let header) = event.body, record == nil { record = RunRecord(header: header) }
    record?.apply(event)
    observer.observe(event)
    if let reason = PendingStop.reason { requestStop(reason) }
  }
}

/// The unit that sits in the socket of a simulated rig.
public enum SimulatedSocket {
  /// What the run says the unit is.
  static func ordered(_ checked: CheckedRun) -> [(path: String, value: UnitParameterValue)] {
    let rating = Int(checked.specification.specification.ratedCurrent)
    return [
      ("chemistry", .text(checked.plan.chemistry.rawValue)), ("cells", .integer(checked.plan.cellCount)),
      ("rating", .text("\(rating) A")),
    ]
  }

  /// Every simulated run begins at the same instant: journals must not depend on the day.
  public static let calendarStart = "2026-01-05T06:00:00Z"

  /// A unit without a run around it.
  /// - Parameters:
  ///   - model: Model text, e.g. `EK-B24S8E300A`; its last number is the rated current.
  ///   - serial: Of its label; empty leaves the unit's own.
  /// - Throws: `RigBuildError` when the unit file's values do not go together.
  public static func unit(
    _ file: UnitFile?, chemistry: Chemistry, cellCount: Int, model: String, serial: String, seed: UInt64
  ) throws(RigBuildError) -> UnitParameters {
    let rating = model.split(separator: "E").last.map { $0.filter(\.isNumber) } ?? "300"
    return try unit(
      file, seed: seed,
      preset: [
        ("chemistry", .text(chemistry.rawValue)), ("cells", .integer(cellCount)),
        ("rating", .text("\(rating) A")),
        ("identity.model", .text(model)), ("article.label-model", .text(model)),
      ] + label(serial))
  }

  private static func unit(
    _ file: UnitFile?, seed: UInt64, preset: [(path: String, value: UnitParameterValue)]
  ) throws(RigBuildError) -> UnitParameters {
    do throws(UnitParameterError) {
      return try UnitFile.unit(file, seed: seed, preset: preset)
    } catch {
      throw RigBuildError(instrument: "unit file", message: "\(error.path): \(error.message)")
    }
  }

  /// - Throws: `RigBuildError` when the unit file's values do not go together.
  public static func unit(for checked: CheckedRun, seed: UInt64) throws(RigBuildError) -> UnitParameters {
    let model = checked.specification.specification.model
    return try unit(
      checked.unitFile, seed: seed,
      preset: ordered(checked)
        + [("identity.model", .text(model)), ("article.label-model", .text(model))]
        + label(checked.unitSerial))
  }

  /// The label of the simulated unit carries the serial number that was given for it, if a label can.
  private static func label(_ serial: String) -> [(path: String, value: UnitParameterValue)] {
    guard !serial.isEmpty, serial.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return [] }
    return [("article.label-serial", .text(serial))]
  }
}
