import Capabilities
import Engine
import Glibc
import LinuxPorts
import Model
import Ports
import Quantities
import Rigging
import Store

/// The process that the campaign signals: a run with everything of a real one, whose one step energises and stays.
enum CampaignController {
  /// - Parameters:
  ///   - rigPath: Rig file that `bmsrig rig serve` wrote.
  ///   - silentPort: TCP port at which nobody ever answers; nil: the step goes on in a loop.
  static func run(rigPath: String, storePath: String, silentPort: Int?) throws {
    signal(SIGXFSZ, SIG_IGN)
    let (file, findings) = RigFile.load(path: rigPath)
    guard let rig = file?.rig else { throw Refused(findings: findings) }
    let store = try RunStore(path: storePath)
    EnergisedStep.silentPort = silentPort
    try LinuxWorld.run { world in
      let stop = world.stopHandle
      try await run(rig, store, world) { stop.request($0) }
    }
  }

  private static func run(
    _ rig: Rig, _ store: RunStore, _ world: LinuxWorld, _ requestStop: @escaping @Sendable (String) -> Void
  ) async throws {
    let place = SourcePlace(file: "campaign", line: 1, column: 1)
    var procedure = ManySteps.procedure(steps: 1)
    procedure.phases[0].steps = [
      ProcedureStep(
        kind: EnergisedStep.id, kindPlace: place, id: "energised", title: "Energised", onFail: .stop,
        critical: true,
        parameters: [], measure: [], place: place)
    ]
    let header = ManySteps.header(
      run: try store.nextRunID(unit: "CAMPAIGN"), procedure: procedure, rig: rig, world: world)
    let writer = try store.create(run: header)
    let sink = JournalSink(writer: writer, observer: Reported(), requestStop: requestStop)
    let recorder = EventRecorder(world: world, sink: sink)
    let opener = try WorkingRig(
      rig: rig, world: world, cellCount: 24, restVoltage: 3.2,
      guardChoice: GuardChoice(proofPath: store.guardProofPath(of: header.run)),
      record: { recorder.record($0) })
    let plan = Runner.Plan(
      procedure: procedure, header: header,
      limits: LimitResolver(
        specification: ManySteps.specification, chemistry: .lfp, workflow: .designValidation),
      kinds: [EnergisedStep.id: EnergisedStep.self],
      parameters: ["energised": FieldValues(place: place, entries: [])])
    let cycle = SafetyCycle(world: world, progress: recorder.progress, requestStop: requestStop)
    let conclusion = await Runner(
      plan: plan, world: world, opener: opener, recorder: recorder, cycle: cycle
    ).run()
    // What a full disk cuts short stays open, for the next start to close.
    try? writer.close()
    if let record = sink.record, record.verdict != nil { try store.finish(record: record, head: writer.head) }
    print("end \(conclusion.verdict.rawValue) \(conclusion.safeStateConfirmed) \(conclusion.reason)")
  }

  /// Says what is on disk, in a line that is handed over at once.
  private final class Reported: RunObserver {
    func observe(_ event: RunEvent) { Line.write("event \(event.sequence)\n") }
  }
}

/// Cells, loop and short-circuit bank on, then work without end, or a read that nobody answers.
enum EnergisedStep: StepKind {
  static let id = "campaign-energised"
  static let summary = "Energises everything and stays so."
  static let parameters: [FieldDeclaration] = []
  static let measurements: [MeasurementDeclaration] = []
  static let roles: [RoleName] = [.cells, .loopSource]
  static let sample = ""
  /// Set once, before the run.
  nonisolated(unsafe) static var silentPort: Int?

  static func run(_ context: StepContext) async throws {
    let bench = context.bench
    try await bench.setCellCurrentLimit(Current(1))
    try await bench.setAllCells(3.2)
    try await bench.chargeShortBank(volts: 24, current: 0.5)
    try await bench.setLoop(current: 10, compliance: 2)
    let source = try bench.loopSource()
    try await source.setOutput(true)
    try await bench.setCellOutputs(true)
    if let port = silentPort {
      let address = try PortAddress(parsing: "tcp://127.0.0.1:\(port)")
      let silent = try await context.world.openStream(address, deadline: context.deadline(1))
      _ = try await silent.receive(deadline: .distantFuture)
    }
    var current = 10.0
    while true {
      _ = try await bench.readVolts([.loopCurrent, .packVoltage])
      current = current == 10 ? 12 : 10
      try await bench.setLoop(current: current, compliance: 2)
      _ = try await bench.cellReadbacks(bench.fedCells)
      try await context.sleep(0.01)
    }
  }
}
