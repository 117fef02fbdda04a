import Capabilities
import Engine
import Model
import Ports
import Quantities

/// A run of scripted steps on the scripted bench. Step `closing` is in the closing phase.
final class ScriptedRun: RigOpener {
  typealias Script = (StepContext) async throws -> Void
  let scripted: ScriptedBench
  /// The unit under test; nobody answers unless a test says who.
  var unit: any UnitConnection = AbsentUnit()
  private let carrier = ScriptedPerson()
  var person: any OperatorConnection { carrier }
  /// What each step does; a step without script measures `level` as 5, which passes.
  var script: [String: Script] = [:]
  /// Thrown when the rig is opened.
  var openError: (any Error)?
  /// The sink refuses the event of this number and all later ones.
  var sinkFailsAt = Int.max
  private(set) var events: [RunEvent] = []
  private(set) var executed: [String] = []
  private(set) var closes = 0
  private let phases: [[String]]
  private let onFail: FailAction

  init(_ phases: [[String]], onFail: FailAction = .goOn, watches: [WatchRule] = []) {
    scripted = ScriptedBench(watches: watches)
    self.phases = phases
    self.onFail = onFail
  }

  var bench: Bench { scripted.bench }

  func open(identified: (InstrumentIdentity) -> Void) async throws {
    if let openError { throw openError }
    identified(InstrumentIdentity(name: "meter", maker: "Test", model: "M", serial: "1", firmware: ""))
  }
  func close() async { closes += 1 }

  func perform() async -> Runner.Conclusion {
    let sink = Sink(self)
    let recorder = EventRecorder(world: scripted.world, sink: sink)
    carrier.run = self
    return await Runner(plan: plan, world: scripted.world, opener: self, recorder: recorder).run()
  }

  fileprivate func run(_ context: StepContext) async throws {
    executed.append(context.step.id)
    if let script = script[context.step.id] {
      try await script(context)
    } else {
      context.measure("level", .number(5), uncertainty: 0, by: ["meter"])
    }
  }

  /// Keeps events, until told to fail.
  private final class Sink: EventSink {
    struct Full: Error {}
    unowned let run: ScriptedRun
    init(_ run: ScriptedRun) { self.run = run }
    func append(_ event: RunEvent) throws {
      guard event.sequence < run.sinkFailsAt else { throw Full() }
      run.events.append(event)
    }
  }

  // MARK: what the journal says

  var bodies: [RunEvent.Body] { events.map(\.body) }
  var started: [String] {
    bodies.compactMap { if case .stepStarted(let step, _, _, _, _) = $0 { step } else { nil } }
  }
  var stops: [String] {
    bodies.compactMap { if case .stopRequested(let reason) = $0 { reason } else { nil } }
  }
  var rigErrors: [String] {
    bodies.compactMap { if case .rigError(_, let who, let what) = $0 { "\(who): \(what)" } else { nil } }
  }
  var trips: [String] {
    bodies.compactMap { if case .tripped(let trip) = $0 { trip.samples.first?.text } else { nil } }
  }
  func outcomes(of step: String) -> [Outcome] {
    bodies.compactMap { if case .measured(let m) = $0, m.step == step { m.outcome } else { nil } }
  }
  var safeStates: Int { bodies.count { if case .safeState = $0 { true } else { false } } }

  // MARK: documents

  static let place = SourcePlace(file: "scripted.yaml", line: 1, column: 1)

  private func step(_ id: String) -> ProcedureStep {
    ProcedureStep(
      kind: ScriptedKind.id, kindPlace: Self.place, id: id, title: id, onFail: onFail, critical: false,
      parameters: [],
      measure: [.init(name: "level", use: .limit("level", Self.place), place: Self.place)], place: Self.place)
  }

  private var plan: Runner.Plan {
    let rule = DecisionRule(name: "w = U", guardFactor: 1)
    let procedure = Procedure(
      name: "scripted", title: "Scripted", revision: "1", workflow: .endOfLine, specification: "s.yaml",
      chemistry: .lfp,
      cellCount: 16, criticalRule: rule, otherRule: rule, expectedDuration: TimeSpan(1),
      phases: phases.enumerated().map {
        ProcedurePhase(name: "phase-\($0.offset)", title: "", steps: $0.element.map(step))
      }, closing: ProcedurePhase(name: "closing", title: "", steps: [step("closing")]))
    let limit = LimitDefinition(
      id: "level", title: "Level", dimension: .voltage,
      cases: [
        LimitCase(
          requirement: "SPEC-X", chemistries: [], workflows: [], nominal: nil, rule: .window(low: 4, high: 8),
          basis: .project, source: "test")
      ])
    let specification = Specification(
      model: "EK", ratedCurrent: 300, document: "manual", requirements: [], limits: [limit])
    var parameters: [String: FieldValues] = [:]
    for step in procedure.allPhases.flatMap(\.steps) { parameters[step.id] = FieldValues(place: Self.place) }
    return Runner.Plan(
      procedure: procedure, header: Self.header(rule),
      limits: LimitResolver(specification: specification, chemistry: .lfp, workflow: .endOfLine),
      kinds: [ScriptedKind.id: ScriptedKind.self], parameters: parameters)
  }

  private static func header(_ rule: DecisionRule) -> RunHeader {
    let reference = DocumentReference(name: "d", revision: "1", contentHash: "")
    return RunHeader(
      run: "R1", unit: "U1", model: "EK", chemistry: .lfp, cellCount: 16, workflow: .endOfLine,
      procedure: reference,
      procedureTitle: "", rig: reference, rigTitle: "", specification: reference, unitFile: nil, document: "",
      criticalRule: rule, otherRule: rule, seed: 1, program: "test", startedAt: "", expectedSeconds: 1,
      instruments: [])
  }
}

/// The one step kind of scripted runs.
enum ScriptedKind: StepKind {
  static let id = "scripted"
  static let summary = "Does what the test says."
  static let parameters: [FieldDeclaration] = []
  static let measurements = [MeasurementDeclaration("level", .voltage, "a level")]
  static let roles: [RoleName] = []
  static let sample = ""

  static func run(_ context: StepContext) async throws {
    try await (context.person as! ScriptedPerson).run!.run(context)
  }
}

/// Nobody at the station. It carries the run to its scripted steps, which are types and have no state.
final class ScriptedPerson: OperatorConnection {
  weak var run: ScriptedRun?
  func ask(
    _ question: OperatorQuestion, deadline: WorldInstant, watching: () async throws -> Void
  ) async throws -> OperatorReply { .nobody("nobody is scripted") }
}

/// A unit whose link never answers.
final class AbsentUnit: UnitConnection {
  let isConnected = false
  let statistics = UnitLinkStatistics()
  private var silence: UnitLinkError {
    UnitLinkError(.noAnswer, attempted: "reach the unit", cause: "there is none")
  }
  func discover(deadline: WorldInstant) async throws(UnitLinkError) -> Advertisement { throw silence }
  func connect(deadline: WorldInstant) async throws(UnitLinkError) { throw silence }
  func disconnect() async {}
  func description(deadline: WorldInstant) async throws(UnitLinkError) -> UnitDescription { throw silence }
  func settings(deadline: WorldInstant) async throws(UnitLinkError) -> UnitSettings { throw silence }
  func telemetry(
    after instant: WorldInstant, deadline: WorldInstant
  ) async throws(UnitLinkError) -> UnitTelemetry { throw silence }
  func write(
    _ name: String, value: Double, deadline: WorldInstant
  ) async throws(UnitLinkError) -> SettingProof { throw silence }
  func dimension(ofSetting name: String) -> Dimension? { nil }
}
