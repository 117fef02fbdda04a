import Capabilities
import Model
import Ports
import Quantities

/// The rig as steps see it: roles instead of instruments, with the safety envelope in between. Confined to the
/// world's executor.
public final class Bench {
  /// One member of a role: an instrument and its own channel number.
  public struct Member {
    public let instrument: any Instrument
    public let channel: Int
    public init(instrument: any Instrument, channel: Int) {
      self.instrument = instrument
      self.channel = channel
    }
  }

  /// Its waits are used to look at live limits.
  public var world: any World { watched }
  let watched: WatchedWorld
  public let rig: Rig
  let members: [RoleName: [Member]]
  /// What was reached of each role. A role that lacks a member is of no use to a step, but what was left on behind the
  /// others must be told OFF.
  let reached: [RoleName: [Member]]
  /// Cells that the run feeds; cell 1 is index 0.
  public let cellCount: Int
  /// Volts at which no protection of the chemistry acts; the safe state never programs more.
  public let restVoltage: Double
  /// Last programmed cell voltages, cell 1 first; 0 before the first.
  public internal(set) var cellSetpoints: [Double]
  /// Outputs that were switched active and not yet inactive, in order.
  var activeLines: [(role: RoleName, member: Int)] = [] {
    didSet { spoiledCells = cellsSpoiled(by: activeLines) }
  }
  /// Cells whose wires were opened, exchanged or given a resistance on purpose: their reference says nothing.
  private(set) var spoiledCells: Set<Int> = []
  /// Last programmed compliance of the loop, volts; the highest that may be in force while a command is under way.
  var loopCompliance = 0.0
  /// Whether the cells' outputs were switched on last, or may be.
  public internal(set) var cellOutputsOn = false
  /// When the rig did last what may switch a unit off: contactor, outputs, a supply wire, less than half a string.
  public internal(set) var supplyTouched: WorldInstant?
  /// Lowest set point of any cell after each change, oldest first; the last `lowsMax`.
  private var lows: [(at: WorldInstant, volts: Double)] = []
  private static let lowsMax = 256
  /// When test lamps were before the sensors, oldest first.
  var testWindows: [TestWindow] = []
  /// The interlock that tripped first, in words; nothing is energised any more once it is set.
  public internal(set) var trippedInterlock: String?
  /// What did not move when it was told to: it may still do so late.
  var unmoved: Set<RoleName> = []
  /// Why nobody watches this process any more; nil while the guard does, or where there is none.
  public internal(set) var lostGuard: String?
  /// Anything was switched on since the rig was opened.
  var wasEnergised = false
  /// The rig's live limits; nil while the rig is not open.
  public internal(set) var watch: LiveWatch? {
    didSet {
      watched.onWait = watch.map { watch in { try await watch.use(until: $0) } }
    }
  }
  /// Trip levels of the instruments that drive energy, as they were read back last.
  var fences: [FenceState] = []
  /// Last programmed voltage of the short-circuit bank, volts.
  var shortBankVolts = 0.0

  /// - Parameters:
  ///   - members: Roles of which every member was reached.
  ///   - reached: What was reached of each role; nil when that is all of `members`.
  public init(
    world: any World, rig: Rig, members: [RoleName: [Member]], reached: [RoleName: [Member]]? = nil,
    cellCount: Int, restVoltage: Double
  ) {
    self.reached = reached ?? members
    self.restVoltage = restVoltage
    watched = WatchedWorld(world)
    self.rig = rig
    self.members = members
    self.cellCount = cellCount
    cellSetpoints = Array(repeating: 0, count: cellCount)
  }

  func noteSetpoints(_ volts: [Double]) {
    lows.append((world.now, volts.min() ?? 0))
    if lows.count > Self.lowsMax { lows.removeFirst() }
  }

  /// Lowest set point of any cell since an instant, the one then in force included; 0 when that is not known any more.
  func lowestSetpoint(since instant: WorldInstant) -> Double {
    guard let then = lows.last(where: { $0.at <= instant }) else { return 0 }
    return lows.filter { $0.at > instant }.map(\.volts).reduce(then.volts, min)
  }

  public func has(_ role: RoleName) -> Bool { members[role] != nil }

  /// Names of the instruments behind a role, in the order of the role.
  public func instrumentNames(_ role: RoleName) -> [String] {
    var names: [String] = []
    for member in members[role] ?? [] where !names.contains(member.instrument.name) {
      names.append(member.instrument.name)
    }
    return names
  }

  /// Names of the instruments behind a role that could not be connected.
  func unreachedNames(_ role: RoleName) -> [String] {
    let known = (reached[role] ?? []).map(\.instrument.name)
    return (rig.role(role)?.instruments ?? []).filter { !known.contains($0) }
  }

  /// Members of a role. The checker has proven that every role a step needs exists.
  func bound(_ role: RoleName) throws(RigFault) -> [Member] {
    guard let found = members[role], !found.isEmpty else {
      throw RigFault(instrument: "rig", message: "the rig offers no role '\(role.rawValue)'")
    }
    return found
  }

  func instrument<T>(_ role: RoleName, as type: T.Type) throws(RigFault) -> (T, Member) {
    let member = try bound(role)[0]
    guard let instrument = member.instrument as? T else {
      throw RigFault(
        instrument: member.instrument.name, message: "its driver cannot do what role '\(role.rawValue)' needs"
      )
    }
    return (instrument, member)
  }

  /// Expanded uncertainty (k = 2) of a role's readings in base units at a value, from the rig file: the absolute
  /// part plus the relative part; nil when neither is given.
  public func uncertainty(
    _ role: RoleName, _ quantity: String, at value: Double = 0, member index: Int = 0
  ) -> Double? {
    guard let all = members[role], all.indices.contains(index),
      let instrument = rig.instrument(all[index].instrument.name)
    else { return nil }
    return instrument.uncertainty(of: quantity, for: role, at: value)
  }
}

/// The rig's fault, with the instrument named. Never a verdict on the unit.
public struct RigFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let instrument: String
  public let message: String
  public init(instrument: String, message: String) {
    self.instrument = instrument
    self.message = message
  }
  public var description: String { "\(instrument): \(message)" }
}
