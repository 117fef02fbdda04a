import Ports
import Simulation

/// What one light shows.
enum LampPattern: Equatable {
  case off, steady, flashing
  /// Lit while the buzzer sounds.
  case withBuzzer
}

/// The four lights and the buzzer: patterns in, levels and their changes out.
///
/// - Source: manual section 5 (blue, red, yellow), sections 10.1 and 10.3 (green, buzzer codes). Lengths of beeps
///   are project defaults.
struct IndicatorPanel {
  struct Patterns: Equatable {
    var blue = LampPattern.off
    var red = LampPattern.off
    var yellow = LampPattern.off
    var green = LampPattern.off
  }

  static let longBeep = Interval.milliseconds(500)

  let parameters: UnitParameters.Indicators
  private var lamps: [Lamp]
  private var bursts: [(from: WorldInstant, until: WorldInstant)] = []
  private var alarm = HardwareAlarm.none
  private var buzzerLevel = false
  private var nextSpurious: WorldInstant?
  private var edges: [IndicatorEdge] = []

  private struct Lamp {
    let indicator: Indicator
    let condition: LampCondition
    var pattern = LampPattern.off
    var since = WorldInstant.start
    var level = false
  }

  init(parameters: UnitParameters.Indicators) {
    self.parameters = parameters
    lamps = [
      Lamp(indicator: .blue, condition: parameters.blue), Lamp(indicator: .red, condition: parameters.red),
      Lamp(indicator: .yellow, condition: parameters.yellow),
      Lamp(indicator: .green, condition: parameters.green),
    ]
  }

  func isOn(_ indicator: Indicator) -> Bool {
    indicator == .buzzer ? buzzerLevel : lamps.first { $0.indicator == indicator }!.level
  }

  mutating func takeEdges() -> [IndicatorEdge] {
    defer { edges = [] }
    return edges
  }

  /// Half a flashing period.
  private var half: Interval { .seconds(0.5 / parameters.flashRate) }

  func nextEvent(after now: WorldInstant) -> WorldInstant? {
    var next = (bursts.flatMap { [$0.from, $0.until] } + [nextSpurious].compactMap { $0 }).filter { $0 > now }
      .min()
    for lamp in lamps where shown(lamp) == .flashing {
      let halves = (now - lamp.since).nanoseconds / half.nanoseconds + 1
      let toggle = lamp.since + Interval(nanoseconds: halves * half.nanoseconds)
      next = min(next ?? toggle, toggle)
    }
    return next
  }

  // MARK: what the firmware wants

  private var beep: Interval { .seconds(parameters.beepLength) }
  private var gap: Interval { .seconds(parameters.beepGap) }

  mutating func soundPowerOn(at now: WorldInstant) {
    sound(parameters.beepCount, beep: beep, at: now)
    let interval = parameters.spuriousBeepInterval
    nextSpurious = interval > 0 ? now + .seconds(interval) : nil
  }
  mutating func soundStart(at now: WorldInstant) {
    if parameters.startBeep { sound(1, beep: beep, at: now) }
  }
  mutating func soundCompletion(at now: WorldInstant) {
    if parameters.completionBeep { sound(1, beep: Self.longBeep, at: now) }
  }
  /// Repeats the code of a hardware alarm from now on.
  mutating func announce(_ alarm: HardwareAlarm) { self.alarm = alarm }

  mutating func silence() {
    bursts = []
    alarm = .none
    nextSpurious = nil
  }

  private mutating func sound(_ count: Int, beep: Interval, at now: WorldInstant) {
    var from = bursts.last.map { max($0.until + gap, now) } ?? now
    for _ in 0..<count {
      bursts.append((from, from + beep))
      from = from + beep + gap
    }
  }

  /// Manual section 10.2: two bursts every second, three or four bursts with half a second between groups.
  private mutating func continueAlarm(at now: WorldInstant) {
    let (count, rest): (Int, Double) =
      switch alarm {
      case .none: (0, 0)
      case .dataStore: (2, 0.7)
      case .bluetooth: (3, 0.5)
      case .supercapacitor: (4, 0.5)
      }
    guard count > 0, bursts.isEmpty else { return }
    var from = now + .seconds(rest)
    for _ in 0..<max(0, count + parameters.alarmBurstError) {
      bursts.append((from, from + beep))
      from = from + beep * 2
    }
  }

  /// Shows the patterns as of `now`. `supplied`: a shorted lamp driver lights its lamp.
  mutating func update(_ patterns: Patterns, supplied: Bool, at now: WorldInstant) {
    bursts.removeAll { $0.until <= now }
    continueAlarm(at: now)
    if let due = nextSpurious, due <= now {
      sound(1, beep: beep, at: now)
      nextSpurious = due + .seconds(parameters.spuriousBeepInterval)
    }
    let sounding = bursts.contains { $0.from <= now } && parameters.buzzer == .normal
    if sounding != buzzerLevel {
      buzzerLevel = sounding
      edges.append(IndicatorEdge(indicator: .buzzer, level: sounding, at: now))
    }
    let wanted = [patterns.blue, patterns.red, patterns.yellow, patterns.green]
    for index in lamps.indices {
      if lamps[index].pattern != wanted[index] {
        lamps[index].pattern = wanted[index]
        lamps[index].since = now
      }
      let level = level(of: lamps[index], supplied: supplied, at: now)
      if level != lamps[index].level {
        lamps[index].level = level
        edges.append(IndicatorEdge(indicator: lamps[index].indicator, level: level, at: now))
      }
    }
  }

  /// What a lamp shows of its pattern; nothing flashes on a dead one.
  private func shown(_ lamp: Lamp) -> LampPattern {
    switch (lamp.condition, lamp.pattern) {
    case (.dead, .flashing), (.stuckOn, .flashing): .off
    case (.steady, .flashing): .steady
    case (.flashing, .steady): .flashing
    default: lamp.pattern
    }
  }

  private func level(of lamp: Lamp, supplied: Bool, at now: WorldInstant) -> Bool {
    switch lamp.condition {
    case .dead: return false
    case .stuckOn: return supplied
    case .normal, .steady, .flashing: break
    }
    switch shown(lamp) {
    case .off: return false
    case .steady: return true
    case .flashing: return (now - lamp.since).nanoseconds / half.nanoseconds % 2 == 0
    case .withBuzzer: return bursts.contains { $0.from <= now }
    }
  }
}
