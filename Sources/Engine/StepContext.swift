import Capabilities
import Model
import Ports
import Quantities

/// What a run carries from step to step.
public final class RunMemory {
  /// Settings as received, before the first write.
  public var archived: UnitSettings?
  /// Names written since, in order, so that restoring writes only those.
  public var touchedSettings: [String] = []
  /// What the unit is known to store, by setting, as read back after each write of this run.
  public var stored: [String: Double] = [:]
  /// Each press of the wake switch: power-on beeps follow it.
  public var activations: [WorldInstant] = []
  /// When the unit was first heard after it had been switched on; what restarts after that has crashed.
  public var heardAt: WorldInstant?
  /// Current limit per cell while the unit works; fault tests lower it and come back to it.
  public var workingLimit = 9.0
  /// A measurement says that the unit does not answer: that no later step reaches it is no fault of the rig.
  public var unitIsSilent = false
  /// The unit's link has failed its own requirement: that it later carries too little is no fault of the rig.
  public var unitLinkFailed = false
  /// A step has let the unit fall asleep and has not woken it yet.
  public var unitMayBeAsleep = false
  /// Path resistance and cell errors of earlier steps, for comparisons after stress. Key: measurement name.
  public var baseline: [String: [Double]] = [:]
  public init() {}
}

/// Everything a step may use: the rig by roles, the unit's link, limits, parameters, and the one way to record.
public final class StepContext {
  public let bench: Bench
  public let unit: any UnitConnection
  /// Whoever stands at the rig.
  public let person: any OperatorConnection
  public let limits: LimitResolver
  public let values: FieldValues
  public let step: ProcedureStep
  public let rule: DecisionRule
  public let header: RunHeader
  public let memory: RunMemory
  /// The unit's CAN port; nil when the rig has none.
  public internal(set) var bus: (any UnitBus)?
  /// The unit's 485 port; nil when the rig has none.
  public internal(set) var rs485: (any UnitBus)?
  let reach: [Reach]
  let recorder: EventRecorder
  let declarations: [String: MeasurementDeclaration]
  let uses: [String: MeasurementUse]
  private(set) var recorded: Set<String> = []
  private(set) var failed = false
  /// Something keeps the step from passing.
  private var hasOpenEnd = false

  public init(
    bench: Bench, unit: any UnitConnection, person: any OperatorConnection = UnattendedStation(),
    limits: LimitResolver, values: FieldValues, step: ProcedureStep,
    rule: DecisionRule, header: RunHeader, memory: RunMemory, reach: [Reach] = [], recorder: EventRecorder,
    declarations: [MeasurementDeclaration]
  ) {
    self.bench = bench
    self.unit = unit
    self.person = person
    self.limits = limits
    self.values = values
    self.step = step
    self.rule = rule
    self.header = header
    self.memory = memory
    self.reach = reach
    self.recorder = recorder
    self.declarations = Dictionary(uniqueKeysWithValues: declarations.map { ($0.name, $0) })
    uses = Dictionary(step.measure.map { ($0.name, $0.use) }, uniquingKeysWith: { first, _ in first })
  }

  public var world: any World { bench.world }
  public var cellCount: Int { bench.cellCount }
  public func sleep(_ seconds: Double) async throws {
    recorder.progress.dwell(until: deadline(seconds), now: world.now)
    try await world.sleep(for: .seconds(seconds))
  }
  public func deadline(_ seconds: Double) -> WorldInstant { world.now + .seconds(seconds) }

  /// Records one measurement and judges it by the limit the procedure names for it.
  ///
  /// - Parameter uncertainty: Expanded (k = 2), base units; 0 for counts; nil when it is not known, and then a
  ///   number cannot pass.
  /// - Parameter nominalOf: The limit that `nominal` was taken from: what its number rests on, this measurement
  ///   rests on, too; and where it allows only its nominal, this measurement verifies its requirement.
  /// - Returns: The outcome, which is also in the journal by then.
  @discardableResult
  public func measure(
    _ name: String, channel: String = "", _ observation: Observation, uncertainty: Double? = nil,
    nominal: Nominal? = nil, nominalOf source: String? = nil, by instruments: [String], note: String = ""
  ) -> Outcome {
    var measurement = judged(
      name, channel: channel, observation, uncertainty: uncertainty, nominal: nominal, nominalOf: source)
    measurement.instruments = instruments
    measurement.note = note + measurement.note
    recorded.insert(name)
    weigh(measurement.outcome)
    recorder.record(.measured(measurement))
    return measurement.outcome
  }

  /// What `measure` would make of it. Nothing is recorded: for another look at what only a faulty rig or a faulty unit
  /// shows, while it can still be told which.
  public func foresee(
    _ name: String, _ observation: Observation, uncertainty: Double?, nominal: Nominal? = nil
  ) -> Outcome {
    judged(name, channel: "", observation, uncertainty: uncertainty, nominal: nominal, nominalOf: nil).outcome
  }

  private func judged(
    _ name: String, channel: String, _ observation: Observation, uncertainty: Double?, nominal: Nominal?,
    nominalOf source: String?
  ) -> Measurement {
    guard let declaration = declarations[name] else {
      preconditionFailure("step kind '\(step.kind)' records '\(name)', which it does not declare")
    }
    var measurement = Measurement(
      step: step.id, name: name, channel: channel, dimension: declaration.dimension, observation: observation,
      uncertainty: uncertainty, outcome: .information, instruments: [], at: world.now.seconds, note: "")
    if case .limit(let id, _)? = uses[name] {
      judge(&measurement, limit: id, nominal: nominal, source: source)
    } else if case .missing = observation {
      measurement.outcome = .notMeasured
    }
    return measurement
  }

  /// Says whether the unit went on running, which no step needs to declare: the fault may show anywhere.
  ///
  /// Judged by the limit that the procedure names for it in this step, else by the one of the same name.
  @discardableResult
  public func measureKeepsRunning(_ observation: Observation, by instruments: [String], note: String)
    -> Outcome
  {
    recorded.insert(Self.keepsRunning)
    var measurement = Measurement(
      step: step.id, name: Self.keepsRunning, channel: "", dimension: nil, observation: observation,
      uncertainty: nil, outcome: .notMeasured, instruments: instruments, at: world.now.seconds, note: note)
    var limit = Self.keepsRunning
    if case .limit(let id, _)? = uses[Self.keepsRunning] { limit = id }
    judge(&measurement, limit: limit, nominal: nil, source: nil)
    weigh(measurement.outcome)
    recorder.record(.measured(measurement))
    return measurement.outcome
  }

  /// Measurement and limit of a unit that must not start anew.
  static let keepsRunning = "keeps-running"

  /// Records that the unit does not have what would be measured.
  public func notApplicable(_ name: String, channel: String = "", why: String) {
    recorded.insert(name)
    recorder.record(
      .measured(
        Measurement(
          step: step.id, name: name, channel: channel, dimension: declarations[name]?.dimension,
          observation: .missing(why), outcome: .notApplicable, at: world.now.seconds, note: why)))
  }

  private func judge(
    _ measurement: inout Measurement, limit id: String, nominal: Nominal?, source: String?
  ) {
    measurement.rule = rule
    switch nominal {
    case .number(let number)?: measurement.nominal = number.isFinite ? .number(number) : nil
    case .text(let text)?: measurement.nominal = .text(text)
    case nil: break
    }
    guard var limit = limits.resolve(id, nominal: nominal, reach: reach) else {
      measurement.outcome = .notMeasured
      measurement.note += " limit '\(id)' could not be resolved"
      return
    }
    if let source { limits.add(groundsOf: source, to: &limit) }
    measurement.limit = limit
    measurement.outcome = Judge.outcome(
      of: measurement.observation, uncertainty: measurement.uncertainty, against: limit, rule: rule)
  }

  /// Somebody stopped the run, an interlock tripped or the rig is at fault: bring things back, prove nothing more.
  public var isCutShort: Bool {
    world.stopRequested != nil || recorder.facts.stopReason != nil || !recorder.facts.rigErrors.isEmpty
      || bench.watch?.trip != nil
  }

  /// What the unit said it is in an earlier step of this run.
  public var reportedIdentity: UnitIdentity? { recorder.identity }

  /// Asks the person at the station. An answer is in the journal before it is returned; interlocks are looked at while
  /// the person thinks.
  ///
  /// - Parameter seconds: How long to wait for the answer.
  public func ask(_ question: OperatorQuestion, within seconds: Double) async throws -> OperatorReply {
    recorder.progress.dwell(until: deadline(seconds), now: world.now)
    let reply = try await person.ask(question, deadline: deadline(seconds)) {
      if !self.world.holdStops { try await self.bench.checkInterlocks() }
      try await self.bench.watch?.cycle()
    }
    if case .answer(let answer) = reply {
      recorder.record(
        .answered(
          Answer(
            step: step.id, prompt: question.id, question: question.text, answer: answer.text,
            person: answer.person, origin: answer.origin, date: answer.date)))
    }
    return reply
  }

  public func note(_ text: String) { recorder.record(.note(step: step.id, text: text)) }
  public func trace(_ title: String, _ series: [Trace.Series]) {
    recorder.record(.trace(Trace(step: step.id, title: title, series: series)))
  }
  public func record(_ body: RunEvent.Body) { recorder.record(body) }

  private func weigh(_ outcome: Outcome) {
    if outcome == .fail { failed = true }
    if [.fail, .inconclusive, .notMeasured].contains(outcome) { hasOpenEnd = true }
  }

  /// Every declared measurement gets an outcome: what the step did not reach is *not measured*.
  func settle(why: String) {
    for entry in step.measure where !recorded.contains(entry.name) {
      measure(entry.name, .missing(why), by: [])
    }
  }

  /// The same for a step that broke off. Some cells may have been measured and others not, which no name of a
  /// measurement tells: unless something says already that the step proves nothing, this does.
  func settleBrokenOff(why: String) {
    settle(why: why)
    guard !hasOpenEnd else { return }
    hasOpenEnd = true
    recorder.record(
      .measured(
        Measurement(
          step: step.id, name: Self.completed, dimension: nil, observation: .missing(why),
          outcome: .notMeasured, at: world.now.seconds)))
  }

  /// What is not measured of a step that broke off.
  public static let completed = "completed"

  /// The step is done from its beginning again: what the first attempt measured stays in the record, but everything is
  /// owed once more.
  func beginAnew() {
    recorded = []
    hasOpenEnd = false
  }
}
