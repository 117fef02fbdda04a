import Ports
import Simulation

/// A deviation of a text-speaking twin, asked for in the rig file's `simulated:` table. Each must end in a rig
/// error, never in a value.
struct TwinFault {
  enum Kind: String, CaseIterable {
    case none
    /// Replies no more, but obeys.
    case silent
    /// Every reply comes `late-by` later.
    case late
    /// Replies are bytes that are no text of the dialect.
    case garbage
    /// Replies stop in the middle.
    case truncated
    /// Every reply is sent twice.
    case duplicate
    /// One field more than asked for.
    case extra
    /// `*IDN?` names another maker and model.
    case wrongModel = "wrong-model"
    /// Replies arrive byte by byte; harmless.
    case split
  }

  static let options: [DriverOption] = [
    DriverOption(
      name: "fault", meaning: "deviation of the simulated instrument",
      kind: .choice(Kind.allCases.map(\.rawValue)), defaultText: "none"),
    DriverOption(
      name: "fault-after", meaning: "replies that are still right before the fault begins",
      kind: .integer(0...1_000_000), defaultText: "0"),
    DriverOption(
      name: "late-by", meaning: "additional delay of a late reply",
      kind: .quantity(.time, 0...3600), defaultText: "5 s"),
  ]

  private let kind: Kind
  private let after: Int
  private let lateBy: Interval
  private var delivered = 0

  init(options given: [String: String]) throws(OptionError) {
    kind = Kind(rawValue: try Self.options[0].choice(in: given))!
    after = try Self.options[1].integer(in: given)
    lateBy = try Self.options[2].interval(in: given)
  }

  private var isActive: Bool { delivered >= after }

  /// The `*IDN?` reply instead of the right one.
  var identity: String? { kind == .wrongModel && isActive ? "ACME,UNKNOWN-1,000000,0.0" : nil }

  mutating func deliver(
    _ reply: [UInt8], terminator: [UInt8], delay: Interval, random: inout SeededRandom
  ) -> [TwinReply] {
    let active = isActive
    delivered += 1
    let whole = TwinReply(bytes: reply + terminator, delay: delay)
    guard active else { return [whole] }
    switch kind {
    case .none, .wrongModel: return [whole]
    case .silent: return []
    case .late: return [TwinReply(bytes: whole.bytes, delay: delay + lateBy)]
    case .garbage:
      let noise = reply.map { _ in UInt8(truncatingIfNeeded: 0x80 | random.next()) }
      return [TwinReply(bytes: noise + terminator, delay: delay)]
    case .truncated: return [TwinReply(bytes: Array(reply.prefix(max(1, reply.count / 2))), delay: delay)]
    case .duplicate: return [TwinReply(bytes: whole.bytes + whole.bytes, delay: delay)]
    case .extra: return [TwinReply(bytes: reply + Array(",1.0".utf8) + terminator, delay: delay)]
    case .split:
      return whole.bytes.enumerated().map { index, byte in
        TwinReply(bytes: [byte], delay: delay + Interval(nanoseconds: Int64(index) * 20_011))
      }
    }
  }
}

/// Options that every text-speaking twin understands.
public enum TwinOptions {
  public static var common: [DriverOption] { TwinFault.options }
}
