import Instruments
import Model
import Ports
import Simulation

/// Draws the faults of a scenario from a seed: what, where, when and for how long.
public struct FaultDraw: Sendable {
  /// When each step of an undisturbed run begins, seconds, and when the run ends.
  public struct Timeline: Sendable {
    public var beginnings: [Double]
    public var end: Double
    public init(beginnings: [Double], end: Double) {
      self.beginnings = beginnings
      self.end = end
    }
  }

  private let instruments: [String]
  private let streams: [String]
  private let sources: [String]
  /// By role.
  private let relays: [[String]]
  private let hasBus: Bool
  private let timeline: Timeline

  public init(rig: Rig, timeline: Timeline) {
    self.timeline = timeline
    let wired = rig.instruments.filter { instrument in
      !instrument.isReadByHand
        && rig.roles.contains { $0.members.contains { $0.instrument == instrument.name } }
    }
    instruments = wired.map(\.name)
    streams = wired.filter { $0.driver != "gpio-lines" }.map(\.name)
    let roles: [RoleName] = [.loopSource, .auxiliarySupply]
    sources = rig.roles.filter { roles.contains($0.name) }.flatMap(\.members).map(\.instrument)
    // The permit line is the guard's, and nothing of a simulated rig hangs on it.
    relays = rig.roles.filter { $0.name.kind == .output && $0.name != .permitLine }.map { role in
      role.members.count == 1
        ? [role.name.rawValue] : role.members.indices.map { "\(role.name.rawValue)/\($0)" }
    }
    hasBus = rig.unitBus != nil
  }

  /// How often each kind is drawn in comparison with the others.
  private static let weights: [(FaultKind, Int)] = [
    (.lostCommand, 60), (.droppedReply, 60), (.lateReply, 80), (.duplicatedReply, 50), (.garbledReply, 50),
    (.splitReply, 30), (.partialReply, 40), (.linkClosed, 60), (.frozenReading, 60), (.driftingReading, 50),
    (.reboot, 50), (.brownOut, 50), (.inhibit, 50), (.stuckRelay, 50), (.weldedRelay, 50), (.slowRelay, 50),
    (.radioLost, 40), (.radioSilent, 40), (.radioGarbled, 25), (.busLost, 15), (.unitReboot, 35),
    (.telemetryFreeze, 30), (.diskFull, 15), (.journalWrite, 15), (.emergencyStop, 25), (.coverOpened, 20),
    (.operatorStop, 25), (.guardDeath, 20),
  ]

  public func faults(seed: UInt64) -> [PlannedFault] {
    var random = SeededRandom(seed: seed).fork("faults")
    let share = random.unit()
    let count = share < 0.55 ? 1 : share < 0.85 ? 2 : 3
    return (0..<count).map { _ in fault(&random) }.sorted { $0.from < $1.from }
  }

  private func fault(_ random: inout SeededRandom) -> PlannedFault {
    let total = Self.weights.reduce(0) { $0 + $1.1 }
    var place = Int(random.next() % UInt64(total))
    var kind = FaultKind.lateReply
    for (candidate, weight) in Self.weights {
      if place < weight {
        kind = candidate
        break
      }
      place -= weight
    }
    if kind == .busLost, !hasBus { kind = .radioLost }
    if kind == .inhibit, sources.isEmpty { kind = .reboot }
    var fault = PlannedFault(kind: kind, from: moment(&random))
    fault.seconds = Self.logarithmic(0.02, 120, &random)
    let isOnce = random.unit() < 0.5
    switch kind {
    case .lostCommand, .droppedReply, .duplicatedReply, .garbledReply, .partialReply:
      fault.target = Self.pick(streams, &random)
      fault.exchanges = isOnce ? 1 : nil
    case .lateReply:
      fault.target = Self.pick(streams, &random)
      fault.amount = Self.logarithmic(0.02, 20, &random)
      fault.exchanges = isOnce ? 1 : nil
    case .splitReply:
      fault.target = Self.pick(streams, &random)
      fault.amount = Self.logarithmic(1e-6, 0.03, &random)
    case .frozenReading: fault.target = Self.pick(streams, &random)
    case .driftingReading:
      fault.target = Self.pick(streams, &random)
      fault.amount = Self.logarithmic(1e-5, 0.05, &random) * (isOnce ? 1 : -1)
    case .linkClosed: fault.target = Self.pick(instruments, &random)
    case .reboot, .brownOut: fault.target = Self.pick(streams, &random)
    case .inhibit: fault.target = Self.pick(sources, &random)
    case .stuckRelay, .weldedRelay: fault.target = relay(&random)
    case .slowRelay:
      fault.target = relay(&random)
      fault.amount = Self.logarithmic(0.01, 3, &random)
    case .busLost:
      // Longer than a minute it cannot be told from a mute port: see the note on the beacon.
      fault.seconds = min(fault.seconds, Self.busSilenceMax)
    case .radioLost, .radioSilent, .radioGarbled, .unitReboot, .telemetryFreeze, .diskFull,
      .journalWrite, .emergencyStop, .coverOpened, .operatorStop, .guardDeath:
      break
    }
    // One exchange, whenever it comes.
    if fault.exchanges != nil { fault.seconds = 60 }
    if Self.isInstant(kind) { fault.seconds = 0 }
    return fault
  }

  private static let busSilenceMax = 50.0

  private static func isInstant(_ kind: FaultKind) -> Bool {
    [
      .linkClosed, .reboot, .brownOut, .radioLost, .unitReboot, .journalWrite, .diskFull, .operatorStop,
      .guardDeath,
    ].contains(kind)
  }

  /// Half of them spread over the run, half over its steps, so that short ones are hit as well.
  private func moment(_ random: inout SeededRandom) -> Double {
    let inStep = random.unit() < 0.5
    guard inStep, !timeline.beginnings.isEmpty else { return random.uniform(0, timeline.end) }
    let index = Int(random.next() % UInt64(timeline.beginnings.count))
    let begin = timeline.beginnings[index]
    let end = index + 1 < timeline.beginnings.count ? timeline.beginnings[index + 1] : timeline.end
    return random.uniform(begin, max(end, begin + 0.01))
  }

  /// Every role is as likely as any other, however many members it has.
  private func relay(_ random: inout SeededRandom) -> String {
    guard !relays.isEmpty else { return "" }
    return Self.pick(relays[Int(random.next() % UInt64(relays.count))], &random)
  }

  private static func pick(_ names: [String], _ random: inout SeededRandom) -> String {
    names.isEmpty ? "" : names[Int(random.next() % UInt64(names.count))]
  }

  /// Every decade is as likely as any other.
  private static func logarithmic(_ low: Double, _ high: Double, _ random: inout SeededRandom) -> Double {
    var value = low
    let decades = random.unit()
    // Without libm, whose last digit differs between processors: squaring by halves of the exponent.
    let ratio = high / low
    var part = 1.0
    var root = ratio
    var left = decades
    for _ in 0..<24 {
      root = root.squareRoot()
      left *= 2
      if left >= 1 {
        part *= root
        left -= 1
      }
    }
    value *= part
    return value
  }
}
