import Quantities

/// The document of a run: a fold of its journal. Two folds of one journal are equal.
public struct RunRecord: Hashable, Sendable, Codable {
  public struct Step: Hashable, Sendable, Codable {
    public var id: String
    public var kind: String
    public var title: String
    public var phase: String
    /// World time, seconds.
    public var startedAt: Double
    /// nil when the run ended inside it.
    public var endedAt: Double?
    public var measurements: [Measurement]
    public var notes: [String]
    /// Names of measurements that the step declared.
    public var declared: [String]
  }
  public struct Phase: Hashable, Sendable, Codable {
    public var name: String
    public var title: String
  }
  public struct RigError: Hashable, Sendable, Codable {
    public var step: String
    public var instrument: String
    public var message: String
    public var at: Double
  }

  public var header: RunHeader
  public var instruments: [InstrumentIdentity] = []
  public var unit: UnitIdentity?
  public var phases: [Phase] = []
  public var steps: [Step] = []
  public var traces: [Trace] = []
  public var answers: [Answer] = []
  public var settings: [SettingsSnapshot] = []
  public var errors: [RigError] = []
  public var stopReason: String?
  public var safeState: SafeStateResult?
  public var startConditions: [StartCondition] = []
  /// As the run left them.
  public var fences: [FenceState] = []
  public var trips: [WatchTrip] = []
  public var verdict: Verdict?
  public var reason: String = ""
  public var safeStateConfirmed: Bool = false
  public var elapsedSeconds: Double = 0
  public var trafficCount: Int = 0
  /// Set when the run broke off and was closed by a later start of the program.
  public var recovery: Recovery?

  public init(header: RunHeader) { self.header = header }

  /// Every measurement of the run in order.
  public var measurements: [Measurement] { steps.flatMap(\.measurements) }

  /// - Returns: nil when the events do not begin with `runStarted`.
  public init?(folding events: some Sequence<RunEvent>) {
    var record: RunRecord?
    for event in events {
      if case .runStarted(let header) = event.body, record == nil {
        record = RunRecord(header: header)
      } else {
        record?.apply(event)
      }
    }
    guard let record else { return nil }
    self = record
  }

  public mutating func apply(_ event: RunEvent) {
    let at = Double(event.nanoseconds) / 1e9
    elapsedSeconds = max(elapsedSeconds, at)
    switch event.body {
    case .runStarted: break
    case .instrumentIdentified(let identity): instruments.append(identity)
    case .unitIdentified(let identity): unit = identity
    case .phaseStarted(let name, let title): phases.append(Phase(name: name, title: title))
    case .phaseEnded: break
    case .stepStarted(let step, let kind, let title, let phase, let declared):
      steps.append(
        Step(
          id: step, kind: kind, title: title, phase: phase, startedAt: at, endedAt: nil, measurements: [],
          notes: [], declared: declared))
    case .measured(let measurement): withStep(measurement.step) { $0.measurements.append(measurement) }
    case .note(let step, let text): withStep(step) { $0.notes.append(text) }
    case .answered(let answer): answers.append(answer)
    case .trace(let trace): traces.append(trace)
    case .settings(let snapshot): settings.append(snapshot)
    case .stepEnded(let step, _): withStep(step) { $0.endedAt = at }
    case .rigError(let step, let instrument, let message):
      errors.append(RigError(step: step, instrument: instrument, message: message, at: at))
    case .stopRequested(let reason): stopReason = reason
    case .safeState(let result): safeState = result
    case .startConditions(let conditions): startConditions = conditions
    case .fences(let states): fences = states
    case .tripped(let trip): trips.append(trip)
    case .traffic: trafficCount += 1
    case .recovered(let recovery): self.recovery = recovery
    case .runEnded(let verdict, let reason, let confirmed):
      self.verdict = verdict
      self.reason = reason
      safeStateConfirmed = confirmed
    }
  }

  private mutating func withStep(_ id: String, _ change: (inout Step) -> Void) {
    guard let index = steps.lastIndex(where: { $0.id == id }) else { return }
    change(&steps[index])
  }
}
