import Ports

/// How a simulated link misbehaves. The plain value behaves.
public struct LinkBehaviour: Hashable, Sendable {
  /// Streams: every byte of a reply arrives on its own, 1 ns to 3 µs after the one before.
  public var splitReplies = false
  /// The link dies right after this many sends: their replies are lost, everything later ends in `.closed`.
  /// 0 = dead from the start, although it still opens. On a radio link counted anew for each connection.
  public var dropAfter: Int?
  /// The link dies at this instant. A radio link is lost once and may be set up again.
  public var dropAt: WorldInstant?
  /// Bytes still reach the other end; nothing comes back.
  public var silent = false
  /// Added to the way of every reply or notification.
  public var extraLatency = Interval.zero
  /// Chance from 0 to 1 that a reply or notification arrives with one bit flipped.
  public var garble = 0.0
  public init() {}
}

/// The state of one hosted link: its behaviour, how much went through it, its share of seeded chance.
final class SimulatedLink {
  /// Largest gap between two bytes of a split reply, in nanoseconds.
  static let gapMax: UInt64 = 3_000

  let name: String
  private(set) var behaviour: LinkBehaviour
  var random: SeededRandom
  private var sends = 0
  private var died: WorldInstant?

  init(name: String, behaviour: LinkBehaviour, random: SeededRandom) {
    self.name = name
    self.behaviour = behaviour
    self.random = random
  }

  /// Plugs the cable in again, with another behaviour from now on.
  func reset(to behaviour: LinkBehaviour) {
    self.behaviour = behaviour
    sends = 0
    died = nil
  }

  /// When the link died or will die; nil when it will not.
  var deadFrom: WorldInstant? {
    let counted = behaviour.dropAfter == 0 ? .start : died
    guard let counted, let timed = behaviour.dropAt else { return counted ?? behaviour.dropAt }
    return min(counted, timed)
  }

  func isDead(at now: WorldInstant) -> Bool { deadFrom.map { $0 <= now } ?? false }

  func noteSend(at now: WorldInstant) {
    sends += 1
    if died == nil, let limit = behaviour.dropAfter, sends >= limit { died = now }
  }

  /// The bytes as they come out of the link.
  func passed(_ bytes: [UInt8]) -> [UInt8] {
    guard behaviour.garble > 0, !bytes.isEmpty, random.unit() < behaviour.garble else { return bytes }
    var bytes = bytes
    let bit = Int(random.next() % UInt64(bytes.count * 8))
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
  }

  func gap() -> Interval { Interval(nanoseconds: Int64(1 + random.next() % Self.gapMax)) }
}
