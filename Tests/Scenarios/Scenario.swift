import Documents
import Engine
import Foundation
import Model
import Ports
import Rigging
import Simulation
import Store
import Synchronization
import Testing

/// One run, end-of-line unless it says otherwise, in the simulated world, in this process, with a store of its own that
/// is removed afterwards.
struct Scenario {
  var seed: UInt64 = 1
  /// Serial number; its last digits choose the rotating cell.
  var unit = "EK24-000123"
  /// Name of a unit file in any group of `Rigs/Units`, nil for a good unit drawn from the seed.
  var unitFile: String?
  /// Lines of a unit file that stands nowhere.
  var unitText: String?
  var chemistry: Chemistry = .lfp
  var cellCount = 24
  /// Name of a file in `Procedures`.
  var procedure = "end-of-line"
  /// Model of a sister variant, nil for the 300 A unit.
  var model: String?
  /// Phases that are left out, for procedures that take long.
  var without: [String] = []
  /// Another rig file than the usual one.
  var rigPath: String?
  /// Changes the rig before anything is opened, e.g. gives an instrument a fault.
  var rig: (inout Rig) -> Void = { _ in }
  /// Leaves steps away.
  var shorten: (inout Procedure) -> Void = { _ in }
  /// Arranges what happens in the world later.
  var arrange: (SimulatedWorld) -> Void = { _ in }

  /// What a scenario looks at.
  struct Result {
    let outcome: RunExecution.Outcome
    let journal: [UInt8]
    let events: [RunEvent]
    let circuit: Circuit
    let checked: CheckedRun

    var record: RunRecord { outcome.record }
    var verdict: Verdict { outcome.conclusion.verdict }
    /// Requirements of all failed measurements, in alphabetical order.
    var failedRequirements: [String] {
      Set(record.measurements.filter { $0.outcome == .fail }.map { $0.limit?.requirement ?? $0.name })
        .sorted()
    }
    /// Failed, undecided and missing measurements and rig errors in words, for messages of the tests.
    var complaints: String {
      let bad = record.measurements.filter { [.fail, .inconclusive].contains($0.outcome) }.map {
        "\($0.outcome.rawValue) \($0.step): \(RunFacts.words($0)) \($0.note)"
      }
      let errors = record.errors.map { "error \($0.step): \($0.instrument): \($0.message)" }
      return (["verdict \(verdict.rawValue): \(outcome.conclusion.reason)"] + bad + errors).joined(
        separator: "\n")
    }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let rigFile = root + "/Rigs/simulated.yaml"

  private static let read = Mutex<[[String]: CheckedRun]>([:])

  /// What `Preflight` is asked.
  var request: RunRequest {
    RunRequest(
      procedurePath: Self.root + "/Procedures/\(procedure).yaml", rigPath: rigPath ?? Self.rigFile,
      chemistry: chemistry,
      cellCount: cellCount, model: model, date: "2026-06-01")
  }

  /// Requirements that a step of the procedure judges with the chemistry of the run.
  static func judged(_ checked: CheckedRun) -> Set<String> {
    var judged: Set<String> = []
    for entry in checked.plan.allPhases.flatMap(\.steps).flatMap(\.measure) {
      guard case .limit(let id, _) = entry.use, let limitCase = checked.limits.limitCase(id) else { continue }
      judged.insert(limitCase.requirement)
    }
    return judged
  }

  private func check() -> CheckedRun {
    let (run, findings) = Preflight.check(request)
    guard var run else { fatalError("\(findings)") }
    run.plan.phases.removeAll { without.contains($0.name) }
    return run
  }

  /// Procedure, rig and specification of this scenario, checked. Reading the documents takes a good part of a run, so
  /// each combination is read once.
  var checkedRun: CheckedRun {
    let key = [
      procedure, rigPath ?? Self.rigFile, chemistry.rawValue, "\(cellCount)", model ?? "",
      without.joined(separator: "/"),
    ]
    if let run = Self.read.withLock({ $0[key] }) { return run }
    let run = check()
    Self.read.withLock { $0[key] = run }
    return run
  }

  /// Runs to the end and watches what must hold for every run whatever happens in it.
  func run(sourceLocation: SourceLocation = #_sourceLocation) throws -> Result {
    var checked = checkedRun
    checked.unitSerial = unit
    if let unitFile { checked.unitFile = try Self.unit(unitFile) }
    if let unitText {
      let document = try #require(
        YAMLDocument.parse(text: "unit: here\n" + unitText, file: "here.yaml").value)
      let reading = UnitFile.read(document)
      let unit: UnitFile = try #require(reading.value, "\(reading.findings)")
      checked.unitFile = unit
    }
    shorten(&checked.plan)
    var changed = checked.rig.rig
    rig(&changed)
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-scenario-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try RunStore(path: folder, durable: false)
    let world = try SimulatedRig.world(
      rig: changed, unit: try SimulatedSocket.unit(for: checked, seed: seed), seed: seed,
      calendarStart: SimulatedSocket.calendarStart)
    arrange(world)
    let execution = RunExecution(
      checked: checked, unit: unit, seed: seed, program: "scenarios", observer: NoObserver())
    let outcome = try world.run {
      try await execution.run(in: store, world: world, requestStop: { world.requestStop(reason: $0) })
    }
    let path = store.path + "/" + outcome.journalName
    let result = Result(
      outcome: outcome, journal: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))),
      events: try JournalReader(path: path).events(), circuit: world.circuit, checked: checked)
    watch(result, sourceLocation)
    return result
  }

  /// When each step of the usual end-of-line run begins, to let something happen in the middle of one.
  private static let beginnings: [String: WorldInstant] = {
    guard let events = try? Scenario().run().events else { fatalError("the usual run does not run") }
    var instants: [String: WorldInstant] = [:]
    for event in events {
      if case .stepStarted(let step, _, _, _, _) = event.body {
        instants[step] = WorldInstant(nanoseconds: event.nanoseconds)
      }
    }
    return instants
  }()

  /// - Parameter seconds: Added to the beginning of the step.
  static func instant(of step: String, plus seconds: Double = 1) -> WorldInstant {
    guard let begin = beginnings[step] else { fatalError("end of line has no step '\(step)'") }
    return begin + .seconds(seconds)
  }

  private static func unit(_ name: String) throws -> UnitFile {
    let reading = try UnitCatalogue.entry(name).reading
    return try #require(reading.value, "\(reading.findings)")
  }

}

extension Scenario {
  /// Every declared measurement has an outcome, the journal folds to the same record, nothing drives the unit any more.
  private func watch(_ result: Result, _ place: SourceLocation) {
    let record = result.record
    #expect(RunRecord(folding: result.events) == record, sourceLocation: place)
    for step in result.checked.plan.allPhases.flatMap(\.steps) {
      let measured = record.steps.filter { $0.id == step.id }.flatMap(\.measurements).map(\.name)
      for use in step.measure {
        #expect(measured.contains(use.name), "\(step.id)/\(use.name) has no outcome", sourceLocation: place)
      }
    }
    guard record.safeStateConfirmed else { return }
    #expect(result.circuit.loopCurrent.magnitude < 1, sourceLocation: place)
    for relay in [Relay.emulatorContactor, .loopContactor, .shortTrigger] {
      #expect(!result.circuit.isActive(relay), "\(relay) is still closed", sourceLocation: place)
    }
    for cell in 1...24 {
      #expect(
        result.circuit.cellOutputVoltage(cell).magnitude < 0.1, "cell \(cell) is still fed",
        sourceLocation: place)
    }
  }
}
