import Capabilities
import DUT
import Engine
import Model
import Ports
import Quantities
import Rigging
import Steps
import Store

/// What one step cost.
struct StepCost: CustomStringConvertible {
  /// The goals hold for runs of up to this many steps.
  static let goalSteps = 10_000
  static let goalMilliseconds = 0.05
  static let goalMB = 60.0

  let steps: Int
  /// Milliseconds of processor time from the first event to the finished entry in the store.
  let perStep: Double
  let peakMB: Double
  let verdict: Verdict

  var meetsGoals: Bool { verdict == .pass && perStep <= Self.goalMilliseconds && peakMB <= Self.goalMB }
  var description: String {
    "\(steps): \(fixed(perStep, 4)) ms CPU per step, peak \(fixed(peakMB, 1)) MB, \(verdict.rawValue)"
      + (steps <= Self.goalSteps
        ? " (goals: \(fixed(Self.goalMilliseconds, 2)) ms, \(fixed(Self.goalMB, 0)) MB)" : "")
  }
}

/// A generated procedure of readings on a bench with one voltmeter that answers at once: what is left to measure is
/// the engine, the judge, the journal and the store.
enum ManySteps {
  static func measure(steps: Int, in scratch: Scratch) async throws -> StepCost {
    let begin = Usage.now().cpu
    let verdict = try await run(steps: steps, store: try scratch.store("steps-\(steps)"))
    let usage = Usage.now()
    return StepCost(
      steps: steps, perStep: (usage.cpu - begin) / Double(steps) * 1e3, peakMB: usage.peakMB, verdict: verdict
    )
  }

  private static func run(steps: Int, store: RunStore) async throws -> Verdict {
    let world = IdleWorld()
    let rig = oneMeterRig
    let procedure = procedure(steps: steps)
    let header = header(run: try store.nextRunID(unit: "BENCH"), procedure: procedure, rig: rig, world: world)
    let writer = try store.create(run: header)
    let sink = JournalSink(writer: writer, observer: NoObserver(), requestStop: { _ in })
    let recorder = EventRecorder(world: world, sink: sink)
    let place = SourcePlace(file: "bench", line: 1, column: 1)
    let values = FieldValues(
      place: place,
      entries: [
        .init(key: "role", place: place, value: .text(RoleName.packVoltage.rawValue)),
        .init(key: "wait", place: place, value: .number(0.001)),
      ])
    let plan = Runner.Plan(
      procedure: procedure, header: header,
      limits: LimitResolver(specification: specification, chemistry: .lfp, workflow: .designValidation),
      kinds: [ChannelReading.id: ChannelReading.self],
      parameters: Dictionary(uniqueKeysWithValues: procedure.phases[0].steps.map { ($0.id, values) }))
    let opener = try OneMeterBench(world: world, rig: rig)
    let conclusion = await Runner(plan: plan, world: world, opener: opener, recorder: recorder).run()
    try writer.close()
    try store.finish(record: sink.record!, head: writer.head)
    return conclusion.verdict
  }

  static func procedure(steps: Int) -> Procedure {
    let place = SourcePlace(file: "bench", line: 1, column: 1)
    let rule = DecisionRule(name: "guard band w = U", guardFactor: 1)
    let readings = (0..<steps).map { index in
      ProcedureStep(
        kind: ChannelReading.id, kindPlace: place, id: "reading-\(index)", title: "Reading \(index)",
        onFail: .stop,
        critical: true, parameters: [],
        measure: [.init(name: "reading", use: .limit("pack", place), place: place)], place: place)
    }
    return Procedure(
      name: "bench", title: "Many readings", revision: "1", workflow: .designValidation, specification: "",
      chemistry: .lfp, cellCount: 24, criticalRule: rule, otherRule: rule, expectedDuration: TimeSpan(1),
      phases: [ProcedurePhase(name: "main", title: "Readings", steps: readings)], closing: nil)
  }

  static let specification = Specification(
    model: "EK-B24S8E300A", ratedCurrent: 300, document: "benchmark", requirements: [],
    limits: [
      LimitDefinition(
        id: "pack", title: "Pack voltage", dimension: .voltage,
        cases: [
          LimitCase(
            requirement: "BENCH-01", chemistries: [], workflows: [], nominal: nil,
            rule: .window(low: 70, high: 90),
            basis: .project, source: "benchmark")
        ])
    ])

  static var oneMeterRig: Rig {
    Rig(
      name: "bench", title: "One voltmeter", revision: "1",
      instruments: [
        RigInstrument(
          name: "reference", driver: "none", address: "sim://reference", serial: "1", calibration: nil,
          uncertainty: ["voltage": AnyQuantity(0.001, .voltage)])
      ],
      roles: [RigRole(name: .packVoltage, members: [ChannelReference("reference", 101)])],
      wiring: Wiring(
        cellLeadResistance: .zero, loopCurrentScale: Resistance(1e-4), supplyCurrentScale: Resistance(0.1),
        loopResistance: Resistance(1e-3), shortLoopInductanceHenries: 1e-6,
        shortLoopResistance: Resistance(1e-3),
        pulseCurrentScale: Resistance(1e-3)),
      envelope: SafetyEnvelope(
        cellVoltageMin: .zero, cellVoltageMax: Voltage(5), packVoltageMax: Voltage(120),
        loopCurrentMax: Current(1),
        loopComplianceMax: Voltage(1), shortBankVoltageMax: .zero),
      safeState: [], unitLink: UnitLink(transport: "ble", address: "sim://unit", name: ""))
  }

  static func header(run: String, procedure: Procedure, rig: Rig, world: any World) -> RunHeader {
    let document = DocumentReference(name: "bench", revision: "1", contentHash: "")
    return RunHeader(
      run: run, unit: "BENCH", model: specification.model, chemistry: procedure.chemistry,
      cellCount: procedure.cellCount, workflow: procedure.workflow, procedure: document,
      procedureTitle: procedure.title, rig: document, rigTitle: rig.title, specification: document,
      unitFile: nil,
      document: specification.document, criticalRule: procedure.criticalRule, otherRule: procedure.otherRule,
      seed: 1,
      program: "bmsrig-bench", startedAt: world.calendarStart, expectedSeconds: 1,
      instruments: rig.instruments)
  }
}
