import Ports

/// The simulated counterpart of an instrument on a byte stream or message link: parses the same bytes as the real
/// one and answers with the same quirks.
public protocol InstrumentTwin: AnyObject {
  /// Bytes as they arrive, in any chunking. Everything the twin wants to say goes into `replies`.
  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply]

  /// A device clear on a message link: forgets a half-received command. Does nothing unless a twin says otherwise.
  func clear(at now: WorldInstant)

  /// When the instrument does something by itself next (a watchdog expires, a ramp moves on); nil while nothing
  /// will. The world asks again after every `receive` and `advance`.
  var nextEvent: WorldInstant? { get }
  /// Runs everything due up to and including `now`; the circuit stands at `now` already.
  func advance(to now: WorldInstant)

  /// The instrument loses its supply and comes back: settings and outputs as after switching on, deaf meanwhile.
  func powerCycle(at now: WorldInstant)
  /// Its inhibit input is pulled or let go. One in the self-recovering mode brings its output back by itself.
  func inhibit(_ isPulled: Bool, at now: WorldInstant)
}

extension InstrumentTwin {
  public func clear(at now: WorldInstant) {}
  public var nextEvent: WorldInstant? { nil }
  public func advance(to now: WorldInstant) {}
  public func powerCycle(at now: WorldInstant) {}
  public func inhibit(_ isPulled: Bool, at now: WorldInstant) {}
}

/// Bytes that leave a twin some time after the command that caused them.
public struct TwinReply: Hashable, Sendable {
  public var bytes: [UInt8]
  /// Counted from the moment the causing bytes arrived. Draw with nanosecond resolution from the seed.
  public var delay: Interval
  public init(bytes: [UInt8], delay: Interval) {
    self.bytes = bytes
    self.delay = delay
  }
}

/// What a twin gets when it is hosted.
public struct TwinContext {
  /// Name in the rig file.
  public let name: String
  public let serial: String
  public let circuit: Circuit
  /// Where each of the instrument's channel numbers is wired.
  public let terminals: [Int: Terminal]
  /// Seeded chance of this instrument alone.
  public var random: SeededRandom
  /// `key: value` of the rig file's `simulated:` table, e.g. `fault: silent`, `offset: 20 mV`.
  public let options: [String: String]

  public init(
    name: String, serial: String, circuit: Circuit, terminals: [Int: Terminal], random: SeededRandom,
    options: [String: String]
  ) {
    self.name = name
    self.serial = serial
    self.circuit = circuit
    self.terminals = terminals
    self.random = random
    self.options = options
  }
}
