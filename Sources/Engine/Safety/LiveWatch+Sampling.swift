import Capabilities
import Model
import Ports
import Quantities

extension LiveWatch {
  /// Takes every sample that is due and fits before `instant`, or is overdue.
  /// - Throws: What a trip makes of the step; a stop of the world; what an unreadable interlock throws.
  func sample(before instant: WorldInstant) async throws {
    isSampling = true
    defer { isSampling = false }
    try check()
    if interlocksAreDue {
      let seen = world.now
      do {
        try await bench.checkInterlocks(since: interlocksSeen)
        countInterlocks()
      } catch {
        // In the closing phase a contact that cannot be read stops only what energises.
        if !world.holdStops || error is WorldStopped { throw error }
      }
      interlocksSeen = seen
    }
    look()
    var due = entries.indices.filter { isDue($0) }
    // One channel more in a scan of all cells costs next to nothing.
    if due.contains(where: { entries[$0].rule.subject == .role(.cellReference) }) {
      due += entries.indices.filter {
        entries[$0].rule.subject == .quantity(.packSumDifference) && !due.contains($0) && mayAsk($0)
      }
    }
    guard !due.isEmpty else { return }
    let scanned = due.filter { !entries[$0].rule.subject.isAskedAlone }
    let wanted = fits(scanned, before: instant) ? scanned : scanned.filter(isOverdue)
    if !wanted.isEmpty { try await scan(wanted) }
    for index in due where entries[index].rule.subject.isAskedAlone {
      if fits([index], before: instant) || isOverdue(index) { try await ask(index) }
    }
    try check()
  }

  // MARK: what is due

  private var interlocksAreDue: Bool {
    entries.contains { entry in
      entry.rule.subject.isInterlock && world.now - interlocksSeen >= .seconds(entry.rule.every.base)
    }
  }

  private func countInterlocks() {
    for index in entries.indices where entries[index].rule.subject.isInterlock {
      _ = entries[index].machine.take(.value(0), of: 0, at: world.now, now: world.now)
    }
  }

  private func isDue(_ index: Int) -> Bool {
    guard !entries[index].rule.subject.isInterlock, pauseReason(index) == nil else { return false }
    let machine = entries[index].machine
    return machine.subjects.indices.contains {
      (machine.count == 0 || machine.isDue($0, at: world.now)) && excuse(index, $0) == nil
    }
  }

  private func mayAsk(_ index: Int) -> Bool {
    pauseReason(index) == nil && excuse(index, 0) == nil
  }

  private func fits(_ due: [Int], before instant: WorldInstant) -> Bool {
    let cost = due.reduce(Interval.zero) { $0 + entries[$1].cost }
    return !due.isEmpty && world.now + cost * 1.25 <= instant
  }

  /// Limits that are sampled even when that takes a step's time.
  private func isOverdue(_ index: Int) -> Bool {
    let machine = entries[index].machine
    // The first sample of a limit comes before the first step does anything.
    return machine.count == 0 || machine.isSuspicious
      || machine.subjects.indices.contains {
        excuse(index, $0) == nil
          && machine.age($0, at: world.now) >= .seconds(entries[index].rule.every.base * Self.patience)
      }
  }

  // MARK: what is not asked

  /// Notes what is to be watched now and what is not, and why. Exchanges nothing.
  func look() {
    let now = world.now
    let isLive = bench.wasEnergised
    if !bench.loopIsClosed { integral.interrupt(at: now) }
    for index in entries.indices {
      var reason: String?
      if !isLive { entries[index].machine.idle(at: now) }
      let isPaused = pauseReason(index) != nil
      for subject in entries[index].machine.subjects.indices {
        guard let why = excuse(index, subject) else {
          if !isPaused { entries[index].machine.want(subject, isLive: isLive) }
          continue
        }
        reason = why
        entries[index].machine.excuse(subject, at: now)
      }
      entries[index].noteExcuse(reason, at: now)
    }
  }

  /// Why a subject says nothing at the moment; nil while it is to be watched.
  func excuse(_ index: Int, _ subject: Int) -> String? {
    switch entries[index].rule.subject {
    case .role(.cellReference): bench.spoiledCells.contains(subject + 1) ? Self.spoiled : nil
    case .role(.loopCurrent), .role(.loopSource), .quantity(.loopCharge), .quantity(.loopEnergy):
      bench.loopIsClosed ? nil : "the loop is open"
    case .role(.shortBank): bench.shortBankVolts > 0 ? nil : "the bank is not charged"
    case .role(.cells), .quantity(.cellCurrent): bench.cellOutputsOn ? nil : Self.off
    case .quantity(.packSumDifference):
      !bench.spoiledCells.isEmpty ? Self.spoiled : bench.packIsFed ? nil : Self.off
    case .quantity(.unitTemperature): unit?.isHeard == true ? nil : "the unit is not connected"
    default: nil
    }
  }

  private static let spoiled = "wires of the cell were opened or exchanged on purpose"
  private static let off = "the cells are off"

  // MARK: asking

  /// All due limits on voltmeters, in one scan for each instrument.
  private func scan(_ due: [Int]) async throws {
    var wanted: [Bench.Member] = []
    var seen: Set<Key> = []
    for index in due {
      let sumOfPack = entries[index].rule.subject == .quantity(.packSumDifference)
      for (subject, member) in entries[index].members.enumerated()
      where excuse(index, sumOfPack ? 0 : subject) == nil {
        if seen.insert(Key(member)).inserted { wanted.append(member) }
      }
    }
    guard !wanted.isEmpty else { return }
    let begin = world.now
    do {
      let readings = try await bench.readMembers(wanted)
      var values: [Key: Reading] = [:]
      for (member, reading) in zip(wanted, readings) {
        notice(member, reading)
        values[Key(member)] = reading
      }
      for index in due { try await takePackSum(index, values) }
    } catch {
      try miss(due, error)
    }
    noteCost(due, since: begin)
  }

  /// Difference between the sum of the cells and the pack, when the scan held all of them.
  private func takePackSum(_ index: Int, _ values: [Key: Reading]) async throws {
    guard entries[index].rule.subject == .quantity(.packSumDifference) else { return }
    let readings = entries[index].members.compactMap { values[Key($0)] }
    guard readings.count == entries[index].members.count, let pack = readings.last else { return }
    let sum = readings.dropLast().map(\.value).reduce(0, +)
    // A contactor that let go is found by its mirror, and named by whoever waits for it.
    if pack.value < sum / 2, bench.has(.emulatorContactorMirror),
      try await !bench.isActive(.emulatorContactorMirror)
    {
      return
    }
    take(index, 0, (sum - pack.value).magnitude, at: pack.at)
  }

  /// Limits that need an exchange of their own.
  private func ask(_ index: Int) async throws {
    let begin = world.now
    do {
      switch entries[index].rule.subject {
      case .role(.cells):
        let readings = try await bench.cellReadbacks(bench.fedCells)
        for (subject, reading) in readings.enumerated() {
          take(index, subject, reading.value, at: reading.at)
        }
      case .role(.loopSource):
        let source = try bench.loopSource()
        let reading = try await source.measureCurrent()
        take(index, 0, reading.value, at: reading.at)
      case .role(.shortBank):
        let reading = try await bench.shortBankReading()
        take(index, 0, reading.value, at: reading.at)
      case .quantity(.cellCurrent):
        let readings = try await bench.cellCurrents(bench.fedCells)
        let highest = readings.map(\.value).map(\.magnitude).max() ?? .nan
        take(index, 0, readings.contains { $0.value.isNaN } ? .nan : highest, at: world.now)
      case .quantity(.unitTemperature): await hear(index)
      default: break
      }
    } catch {
      try miss([index], error)
    }
    noteCost([index], since: begin)
  }

  /// Frames that the unit has sent meanwhile. It is asked for nothing, and nobody waits for it. One that is connected
  /// and sends none for too long says nothing of its heat: a missing sample.
  private func hear(_ index: Int) async {
    await unit?.hear()
    let silence = entries[index].machine.age(0, at: world.now)
    guard silence > Self.silenceOfUnitMax(entries[index].rule) else { return }
    record(index, 0, .missing("no frame of the unit for \(Int(silence.seconds)) s"), at: world.now)
  }

  /// A sample that cannot be had counts as one outside the band; a stop is no missing sample.
  private func miss(_ due: [Int], _ error: any Error) throws {
    if error is WorldStopped || error is CancellationError || world.stopRequested != nil && !world.holdStops {
      throw error
    }
    for index in due {
      for subject in entries[index].machine.subjects.indices where excuse(index, subject) == nil {
        record(index, subject, .missing("no reading (\(error))"), at: world.now)
      }
    }
  }

  private func noteCost(_ due: [Int], since begin: WorldInstant) {
    let each = (world.now - begin) * (1 / Double(due.count))
    for index in due { entries[index].cost = max(each, entries[index].cost * 0.9) }
  }

  // MARK: samples

  /// A reading of a voltmeter's channel, whoever asked for it.
  func notice(_ member: Bench.Member, _ reading: Reading) {
    guard isActive, let found = subjects[Key(member)] else { return }
    if !bench.loopIsClosed { integral.interrupt(at: world.now) }
    var isIntegrated = false
    for (index, subject) in found where excuse(index, subject) == nil {
      var value = reading.value
      if let scale = scale(of: entries[index].rule.subject), value.magnitude < WatchMachine.overload {
        value /= scale
      }
      switch entries[index].rule.subject {
      case .quantity(.loopCharge), .quantity(.loopEnergy):
        // A current that is no number leaves the integral unknown.
        let isNumber = value.isFinite && value.magnitude < WatchMachine.overload
        if !isIntegrated, isNumber {
          integral.take(value, compliance: bench.loopCompliance, at: reading.at)
          isIntegrated = true
        }
        let isCharge = entries[index].rule.subject == .quantity(.loopCharge)
        value = isNumber ? (isCharge ? integral.charge : integral.energy) : .nan
      default: break
      }
      take(index, subject, value, at: reading.at)
    }
  }

  /// What the unit reports of itself, whenever a step has asked it.
  public func notice(_ frame: UnitTelemetry) {
    guard isActive else { return }
    let all = frame.temperatures + [frame.mosfetTemperature, frame.balancerTemperature].compactMap(\.self)
    // One that is no number may hide the highest.
    let highest = all.allSatisfy(\.isFinite) ? all.max() ?? .nan : .nan
    for index in entries.indices where entries[index].rule.subject == .quantity(.unitTemperature) {
      // It came when it came, however late somebody takes it from the link.
      record(index, 0, .value(highest), at: frame.at, now: frame.at)
    }
  }

  /// The unit was connected just now: until then it could not be heard.
  func noteConnected() {
    for index in entries.indices where entries[index].rule.subject == .quantity(.unitTemperature) {
      entries[index].machine.excuse(0, at: world.now)
    }
  }

  /// Volts per ampere of a shunt.
  private func scale(of subject: WatchSubject) -> Double? {
    switch subject {
    case .role(.loopCurrent), .quantity(.loopCharge), .quantity(.loopEnergy):
      bench.rig.wiring.loopCurrentScale.base
    case .role(.supplyCurrent): bench.rig.wiring.supplyCurrentScale.base
    case .role(.leakageCurrent): bench.rig.wiring.fixture.leakageCurrentScale?.base
    default: nil
    }
  }

  private func take(_ index: Int, _ subject: Int, _ value: Double, at: WorldInstant) {
    record(index, subject, .value(value), at: at)
  }

  /// - Parameter now: nil: the present.
  private func record(
    _ index: Int, _ subject: Int, _ sample: WatchMachine.Sample, at: WorldInstant, now: WorldInstant? = nil
  ) {
    guard let samples = entries[index].machine.take(sample, of: subject, at: at, now: now ?? world.now),
      trip == nil
    else { return }
    let rule = entries[index].rule
    let member = entries[index].members.indices.contains(subject) ? entries[index].members[subject] : nil
    let names = rule.subject.roles.flatMap(bench.instrumentNames)
    trip = WatchTrip(
      watch: rule.name,
      instrument: member?.instrument.name ?? (names.isEmpty ? "unit" : names.joined(separator: " or ")),
      channel: entries[index].machine.subjects[subject], band: rule.bandWords, samples: samples,
      verdict: rule.verdict)
  }

  /// An interlock was found tripped, by whoever looked.
  func noteInterlock(_ role: RoleName, words: String) {
    guard trip == nil else { return }
    let name = entries.first { $0.rule.subject == .role(role) }?.rule.name ?? role.rawValue
    interlockTrip = WatchTrip(
      watch: name, instrument: bench.instrumentNames(role).joined(), channel: "", band: "at rest",
      samples: [.init(text: words, at: world.now.seconds)], verdict: .aborted)
  }
}

extension LiveWatch.Entry {
  /// - Parameter reason: Why a subject says nothing now; nil while all are watched.
  mutating func noteExcuse(_ reason: String?, at now: WorldInstant) {
    if let (why, since) = excused {
      notePause(why, (now - since).seconds)
      excused = nil
    }
    if let reason { excused = (reason, now) }
  }
}

extension WatchSubject {
  var isInterlock: Bool {
    if case .role(let role) = self { role.isInterlock } else { false }
  }

  /// Not one of the channels that a scan takes along.
  var isAskedAlone: Bool {
    switch self {
    case .role(let role): role.kind != .voltmeter
    case .quantity(let quantity): quantity == .cellCurrent || quantity == .unitTemperature
    }
  }
}
