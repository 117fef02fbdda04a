import Capabilities
import Model
import Ports
import Quantities

/// Looks at the rig's live limits while steps run. Owns the machines; `LiveWatch+Sampling` reads the channels.
///
/// Samples come from three places, and none of them falls into an exchange of a step:
/// - every reading that a step makes of a watched channel is a sample as well;
/// - waits of a step are used for what is due and fits into them;
/// - between two actions of a step, what is overdue by `patience` periods is sampled even when that takes time.
///
/// Where a step times something on a link, nothing else speaks there (`Bench.timing`): limits read over that link
/// pause, and the time is kept with its reason.
public final class LiveWatch {
  /// Periods without a sample after which a step's time is taken for one.
  static let patience = 8.0
  /// A sample that tripped nothing yet is followed up this soon.
  static let followUp = Interval.milliseconds(20)

  struct Entry {
    let rule: WatchRule
    var machine: WatchMachine
    /// Channel behind each subject; empty for what is told by something else.
    let members: [Bench.Member]
    /// Instruments on whose links it is read.
    let links: [ObjectIdentifier]
    /// How long the last samples took at most: what must fit into a wait.
    var cost: Interval
    /// Seconds in which nothing was asked, by reason.
    var pauses: [(why: String, seconds: Double)] = []
    var pausedSince: WorldInstant?
    /// Since when a subject says nothing, and why.
    var excused: (why: String, since: WorldInstant)?
  }

  /// One channel of one instrument.
  struct Key: Hashable {
    let instrument: ObjectIdentifier
    let channel: Int
    init(_ member: Bench.Member) {
      instrument = ObjectIdentifier(member.instrument)
      channel = member.channel
    }
  }

  unowned let bench: Bench
  let world: any World
  var entries: [Entry] = []
  /// Which subjects of which limits a channel's readings are samples of.
  var subjects: [Key: [(entry: Int, subject: Int)]] = [:]
  /// The first limit that was crossed; nothing is energised any more once it is set.
  public internal(set) var trip: WatchTrip?
  /// Why a look before an exchange with the unit failed, when nobody stopped the run: the rig's fault, which the unit's
  /// link can only carry as its own error.
  var fault: (any Error)?
  /// The unit's link as steps see it; nil while no step has asked for it.
  weak var unit: WatchedUnit?
  /// The interlock that tripped, for the record; the bench itself keeps it in force.
  var interlockTrip: WatchTrip?
  /// Between the opening of the rig and its safe state, calm excepted.
  public internal(set) var isActive = false {
    didSet {
      guard !isActive else { return activate() }
      look()
      activeUntil = world.now
    }
  }
  /// When the last step ended.
  private(set) var activeUntil: WorldInstant
  /// Any step has been watched.
  private(set) var wasActive = false
  var isSampling = false
  /// Links that are timing something: what for, and how deep.
  var held: [ObjectIdentifier: (why: String, depth: Int)] = [:]
  var interlocksSeen: WorldInstant
  var integral = LoopIntegral()

  /// - Parameter bench: Open; roles that could not be reached are not watched.
  init(bench: Bench, world: any World) {
    self.bench = bench
    self.world = world
    interlocksSeen = world.now
    activeUntil = world.now
    for rule in bench.rig.watches where rule.isOn && rule.subject.roles.allSatisfy(bench.has) { add(rule) }
  }

  private func add(_ rule: WatchRule) {
    var members: [Bench.Member] = []
    var names = [""]
    switch rule.subject {
    case .role(let role):
      let all = bench.members[role] ?? []
      members = Array(role == .cells || role == .cellReference ? all.prefix(bench.cellCount) : all[...])
      if members.count > 1 { names = members.indices.map { "cell \($0 + 1)" } }
    case .quantity(.loopCharge), .quantity(.loopEnergy): members = bench.members[.loopCurrent] ?? []
    case .quantity(.packSumDifference):
      members =
        (bench.members[.cellReference] ?? []).prefix(bench.cellCount) + (bench.members[.packVoltage] ?? [])
    case .quantity: break
    }
    let index = entries.count
    entries.append(
      Entry(
        rule: rule, machine: WatchMachine(rule, subjects: names, at: world.now), members: members,
        links: rule.subject.roles.flatMap { bench.members[$0] ?? [] }.map { ObjectIdentifier($0.instrument) },
        cost: Self.firstCost(rule, channels: members.count)))
    for (subject, member) in members.enumerated() where rule.dimensionIsRead {
      subjects[Key(member), default: []].append((index, subject))
    }
  }

  /// Before anything was measured: a scan of many channels takes longer.
  private static func firstCost(_ rule: WatchRule, channels: Int) -> Interval {
    switch rule.subject {
    case .role(let role) where role.isInterlock: .zero
    case .quantity(.unitTemperature): .zero
    case .quantity(.packSumDifference), .quantity(.cellCurrent): .milliseconds(400)
    default: .milliseconds(30 + 15 * Double(channels))
    }
  }

  /// Between two steps nothing was asked.
  private func activate() {
    fault = nil
    for index in entries.indices {
      for subject in entries[index].machine.subjects.indices where !wasActive {
        entries[index].machine.excuse(subject, at: world.now)
      }
    }
    wasActive = true
  }

  // MARK: when

  /// Uses a wait of a step.
  func use(until instant: WorldInstant) async throws {
    guard isActive, !isSampling else { return }
    while true {
      try await sample(before: instant)
      guard let next = nextDue(), next < instant else { return }
      try await world.sleep(until: max(next, world.now))
    }
  }

  /// Between two actions of a step: looks at what is overdue, and at what costs nothing.
  public func cycle() async throws {
    guard isActive, !isSampling else { return }
    try await sample(before: world.now)
  }

  /// Time that a step is about to spend waiting for something else.
  func sampleIdle(before instant: WorldInstant) async throws {
    guard isActive, !isSampling else { return }
    try await sample(before: instant)
  }

  /// The rig's trip as the error that ends a step; nil while nothing tripped.
  var tripError: (any Error)? {
    guard let trip else { return nil }
    return switch trip.verdict {
    case .error: RigFault(instrument: trip.instrument, message: trip.words)
    case .aborted: WorldStopped(reason: trip.words)
    }
  }

  /// Throws when a limit was crossed. Exchanges nothing: any task of the run may ask, at any time.
  public func check() throws {
    if isActive, let tripError { throw tripError }
  }

  /// What ended a step: of an error that only says that the run is over, the rig's fault behind it.
  func cause(of error: any Error) -> any Error {
    guard let link = error as? UnitLinkError, link.code == .stopped else { return error }
    return fault ?? error
  }

  /// What the safety cycle of a run looks at: nothing was crossed, and nothing that is to be watched went without a
  /// sample for longer than any exchange lasts. Exchanges nothing.
  /// - Throws: What a trip makes of the run; `RigFault` naming the limit that nobody looks at.
  func confirmCycle() throws {
    try check()
    guard isActive, wasActive else { return }
    for index in entries.indices where pauseReason(index) == nil {
      let machine = entries[index].machine
      let patience = max(Self.silenceMax, .seconds(entries[index].rule.every.base * Self.patience * 2))
      for subject in machine.subjects.indices
      where excuse(index, subject) == nil && machine.age(subject, at: world.now) > patience {
        let names = entries[index].rule.subject.roles.flatMap(bench.instrumentNames)
        throw RigFault(
          instrument: names.isEmpty ? "unit" : names.joined(separator: " or "),
          message: "live limit '\(entries[index].rule.name)' had no sample for \(Int(patience.seconds)) s")
      }
    }
  }

  /// Longer than the longest exchange of a step, and than a person is left alone with a question: then nobody looks any
  /// more, and the run ends. What went without a sample for less than that, and longer than `gapMax`, keeps it from
  /// passing only.
  static let silenceMax = Interval.seconds(120)
  /// Longest exchange that a sample has to wait for, with room: good runs of all workflows need up to 12 s, to connect
  /// and to read every setting of the unit, or the currents of all channels of an emulator.
  static let exchangeMax = Interval.seconds(30)

  /// Longest time without a frame of a unit that is connected: it sends two a second by itself.
  static func silenceOfUnitMax(_ rule: WatchRule) -> Interval {
    .seconds(rule.every.base * patience) + .seconds(10)
  }

  /// Longest time without a sample while anything is switched on, declared pauses left out, with which a limit still
  /// counts as in force: until it was overdue, and the exchange it then had to wait for.
  static func gapMax(_ rule: WatchRule) -> Interval { .seconds(rule.every.base * patience) + exchangeMax }

  /// The next instant at which something is due that can be sampled.
  private func nextDue() -> WorldInstant? {
    let now = world.now
    var next: WorldInstant?
    for index in entries.indices {
      guard pauseReason(index) == nil else { continue }
      let machine = entries[index].machine
      // Frames come by themselves; until the next there is nothing to look for.
      let isHeard = entries[index].rule.subject == .quantity(.unitTemperature)
      let shortest = isHeard ? WatchedUnit.framePeriod : .milliseconds(1)
      for subject in machine.subjects.indices where excuse(index, subject) == nil {
        let wait = Interval.seconds(entries[index].rule.every.base) - machine.age(subject, at: now)
        let due = now + (machine.isSuspicious && !isHeard ? Self.followUp : max(wait, shortest))
        next = min(next ?? due, due)
      }
    }
    return next
  }

  // MARK: pauses

  /// Why nothing is asked for a limit at the moment.
  func pauseReason(_ index: Int) -> String? {
    guard !held.isEmpty else { return nil }
    for link in entries[index].links {
      if let hold = held[link] { return hold.why }
    }
    return nil
  }

  /// Nothing but the step speaks on the link of a role until `release`.
  func hold(_ role: RoleName, why: String) {
    for member in bench.members[role] ?? [] {
      let key = ObjectIdentifier(member.instrument)
      held[key] = (held[key]?.why ?? why, (held[key]?.depth ?? 0) + 1)
    }
    for index in entries.indices where entries[index].pausedSince == nil && pauseReason(index) != nil {
      entries[index].pausedSince = world.now
      entries[index].machine.pause(at: world.now)
    }
  }

  func release(_ role: RoleName) {
    let before = entries.indices.map { pauseReason($0) }
    for member in bench.members[role] ?? [] {
      let key = ObjectIdentifier(member.instrument)
      guard let hold = held[key] else { continue }
      held[key] = hold.depth > 1 ? (hold.why, hold.depth - 1) : nil
    }
    for index in entries.indices where pauseReason(index) == nil {
      guard let since = entries[index].pausedSince, let why = before[index] else { continue }
      entries[index].pausedSince = nil
      entries[index].notePause(why, (world.now - since).seconds)
      entries[index].machine.resume(at: world.now)
    }
  }
}

extension LiveWatch.Entry {
  /// The value farthest out, in words; empty before the first sample.
  var farthest: String {
    guard let worst = machine.worst else { return "" }
    return rule.subject.isInterlock ? "at rest" : machine.text(worst)
  }

  mutating func notePause(_ why: String, _ seconds: Double) {
    if let index = pauses.firstIndex(where: { $0.why == why }) {
      pauses[index].seconds += seconds
    } else {
      pauses.append((why, seconds))
    }
  }
}

extension WatchRule {
  /// Readings of the subject's channels are its samples, whoever asked for them.
  var dimensionIsRead: Bool {
    !subject.isAskedAlone && subject != .quantity(.packSumDifference)
  }
}
