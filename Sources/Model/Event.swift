import Quantities

/// One thing that happened in a run. The journal is the sequence of these; the record is a fold of it.
public struct RunEvent: Hashable, Sendable, Codable {
  /// 0, 1, 2, … without gaps.
  public var sequence: Int
  /// World time, nanoseconds since the world began.
  public var nanoseconds: Int64
  public var body: Body

  public init(sequence: Int, nanoseconds: Int64, body: Body) {
    self.sequence = sequence
    self.nanoseconds = nanoseconds
    self.body = body
  }

  public enum Body: Hashable, Sendable, Codable {
    case runStarted(RunHeader)
    case instrumentIdentified(InstrumentIdentity)
    /// Identity of the unit as its own link reports it, password masked.
    case unitIdentified(UnitIdentity)
    case phaseStarted(name: String, title: String)
    case phaseEnded(name: String)
    case stepStarted(step: String, kind: String, title: String, phase: String, declared: [String])
    case measured(Measurement)
    /// What a person answered to a question of a step.
    case answered(Answer)
    /// A word for the reader: what the step is doing.
    case note(step: String, text: String)
    case trace(Trace)
    /// Settings of the unit, complete, as raw bytes in hex and decoded.
    case settings(SettingsSnapshot)
    case stepEnded(step: String, failed: Bool)
    /// The rig's fault: never the unit's. Names the instrument.
    case rigError(step: String, instrument: String, message: String)
    case stopRequested(reason: String)
    case safeState(SafeStateResult)
    /// What had to hold before the run was allowed to begin.
    case startConditions([StartCondition])
    /// State of every fence; the latest event counts.
    case fences([FenceState])
    /// A live limit or an interlock was crossed; what it makes of the run follows as its own event.
    case tripped(WatchTrip)
    /// Raw bytes on a port, password masked.
    case traffic(Traffic)
    /// The run broke off and was closed afterwards, by another start of the program.
    case recovered(Recovery)
    case runEnded(verdict: Verdict, reason: String, safeStateConfirmed: Bool)
  }
}

/// Who made the procedure, the rig and the specification what they are.
public struct DocumentReference: Hashable, Sendable, Codable {
  public var name: String
  public var revision: String
  /// SHA-256 of the file's bytes, lower-case hex.
  public var contentHash: String
  public init(name: String, revision: String, contentHash: String) {
    self.name = name
    self.revision = revision
    self.contentHash = contentHash
  }
}

/// The first event of a run: everything that was decided before the rig was opened.
public struct RunHeader: Hashable, Sendable, Codable {
  public var run: String
  /// Serial number of the unit as given on the command line.
  public var unit: String
  public var model: String
  public var chemistry: Chemistry
  public var cellCount: Int
  public var workflow: Workflow
  public var procedure: DocumentReference
  public var procedureTitle: String
  /// Phases of the procedure that stand in files of their own; nil when there are none.
  public var included: [DocumentReference]?
  public var rig: DocumentReference
  public var rigTitle: String
  public var specification: DocumentReference
  public var unitFile: DocumentReference?
  /// Answers that were written down before the run.
  public var answers: DocumentReference?
  /// SHA-256 over kind and parameters of each step, by its id: what a measurement was measured with. nil in journals
  /// from before this was kept, and then measurements do not say either what nominal they were judged with.
  public var steps: [String: String]?
  /// Set when nothing was measured: the measurements of another run, judged anew.
  public var judgedFrom: JudgedFrom?
  /// Manual the limits come from.
  public var document: String
  public var criticalRule: DecisionRule
  public var otherRule: DecisionRule
  public var seed: UInt64
  /// Version of the program, and the git revision it was built from when known.
  public var program: String
  /// ISO 8601 UTC.
  public var startedAt: String
  public var expectedSeconds: Double
  /// Instruments as the rig file describes them.
  public var instruments: [RigInstrument]

  public init(
    run: String, unit: String, model: String, chemistry: Chemistry, cellCount: Int, workflow: Workflow,
    procedure: DocumentReference, procedureTitle: String, rig: DocumentReference, rigTitle: String,
    specification: DocumentReference, unitFile: DocumentReference?, document: String,
    criticalRule: DecisionRule,
    otherRule: DecisionRule, seed: UInt64, program: String, startedAt: String, expectedSeconds: Double,
    instruments: [RigInstrument], included: [DocumentReference]? = nil
  ) {
    self.run = run
    self.unit = unit
    self.model = model
    self.chemistry = chemistry
    self.cellCount = cellCount
    self.workflow = workflow
    self.procedure = procedure
    self.procedureTitle = procedureTitle
    self.included = included
    self.rig = rig
    self.rigTitle = rigTitle
    self.specification = specification
    self.unitFile = unitFile
    self.document = document
    self.criticalRule = criticalRule
    self.otherRule = otherRule
    self.seed = seed
    self.program = program
    self.startedAt = startedAt
    self.expectedSeconds = expectedSeconds
    self.instruments = instruments
  }
}

/// What an instrument said it is, checked against the rig file.
public struct InstrumentIdentity: Hashable, Sendable, Codable {
  public var name: String
  public var maker: String
  public var model: String
  public var serial: String
  public var firmware: String
  public init(name: String, maker: String, model: String, serial: String, firmware: String) {
    self.name = name
    self.maker = maker
    self.model = model
    self.serial = serial
    self.firmware = firmware
  }
}

/// What the unit said it is.
public struct UnitIdentity: Hashable, Sendable, Codable {
  public var model: String
  public var hardware: String
  public var software: String
  public var protocolVersion: String
  public var productionDate: String
  public var deviceID: String
  public var name: String
  public var powerOnCount: Int
  public var runtimeSeconds: Int
  public init(
    model: String, hardware: String, software: String, protocolVersion: String, productionDate: String,
    deviceID: String, name: String, powerOnCount: Int, runtimeSeconds: Int
  ) {
    self.model = model
    self.hardware = hardware
    self.software = software
    self.protocolVersion = protocolVersion
    self.productionDate = productionDate
    self.deviceID = deviceID
    self.name = name
    self.powerOnCount = powerOnCount
    self.runtimeSeconds = runtimeSeconds
  }
}

/// One answer of a person, with who gave it, when and where it was written down.
public struct Answer: Hashable, Sendable, Codable {
  public var step: String
  /// Key of the question, e.g. `kit-screws`.
  public var prompt: String
  public var question: String
  /// As the person wrote it.
  public var answer: String
  public var person: String
  /// `terminal`, `answers file NAME`.
  public var origin: String
  /// Day of an answer that was written down before the run, ISO 8601; empty for one given during it.
  public var date: String
  public init(
    step: String, prompt: String, question: String, answer: String, person: String, origin: String,
    date: String
  ) {
    self.step = step
    self.prompt = prompt
    self.question = question
    self.answer = answer
    self.person = person
    self.origin = origin
    self.date = date
  }
}

/// A curve worth drawing: a trip, a pulse, a balancing cycle.
public struct Trace: Hashable, Sendable, Codable {
  public struct Series: Hashable, Sendable, Codable {
    public var name: String
    public var dimension: Dimension
    /// Seconds, ascending.
    public var times: [Double]
    /// Base units, same count as `times`.
    public var values: [Double]
    /// True when the value holds until the next point (states, set points).
    public var steps: Bool
    public init(name: String, dimension: Dimension, times: [Double], values: [Double], steps: Bool = false) {
      self.name = name
      self.dimension = dimension
      self.times = times
      self.values = values
      self.steps = steps
    }
  }
  public var step: String
  public var title: String
  public var series: [Series]
  public init(step: String, title: String, series: [Series]) {
    self.step = step
    self.title = title
    self.series = series
  }
}

/// All settings of the unit at one moment.
public struct SettingsSnapshot: Hashable, Sendable, Codable {
  public enum Moment: String, Hashable, Sendable, Codable { case asReceived, underTest, restored }
  public var moment: Moment
  /// The settings frame, lower-case hex.
  public var frameHex: String
  /// Name and text with unit, in frame order.
  public var values: [Entry]
  public struct Entry: Hashable, Sendable, Codable {
    public var name: String
    public var text: String
    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }
  public init(moment: Moment, frameHex: String, values: [Entry]) {
    self.moment = moment
    self.frameHex = frameHex
    self.values = values
  }
}

/// What became of the safe-state sequence.
public struct SafeStateResult: Hashable, Sendable, Codable {
  public struct Entry: Hashable, Sendable, Codable {
    public var action: String
    /// Read back by an independent channel where the rig has one.
    public var confirmed: Bool
    public var message: String
    public init(action: String, confirmed: Bool, message: String) {
      self.action = action
      self.confirmed = confirmed
      self.message = message
    }
  }
  public var entries: [Entry]
  public var confirmed: Bool { entries.allSatisfy(\.confirmed) }
  public init(entries: [Entry]) { self.entries = entries }
}

/// Bytes that crossed a port.
public struct Traffic: Hashable, Sendable, Codable {
  public var port: String
  public var outgoing: Bool
  /// Lower-case hex for binary links, the text itself for text links.
  public var bytes: String
  public var isText: Bool
  /// World time at which they crossed, nanoseconds; nil when that was the event's.
  public var at: Int64?
  /// What the port said instead of giving bytes; nil when it gave or took them.
  public var problem: Problem?

  /// The error of a port, complete, so that a replay can raise it again.
  public struct Problem: Hashable, Sendable, Codable {
    /// `PortError.Code`.
    public var code: String
    public var attempted: String
    public var port: String
    public var cause: String
    public var advice: String
    /// Lower-case hex.
    public var bytesSeen: String
    public init(
      code: String, attempted: String, port: String, cause: String, advice: String, bytesSeen: String
    ) {
      self.code = code
      self.attempted = attempted
      self.port = port
      self.cause = cause
      self.advice = advice
      self.bytesSeen = bytesSeen
    }
  }

  public init(
    port: String, outgoing: Bool, bytes: String, isText: Bool, at: Int64? = nil, problem: Problem? = nil
  ) {
    self.at = at
    self.problem = problem
    self.port = port
    self.outgoing = outgoing
    self.bytes = bytes
    self.isText = isText
  }
}
