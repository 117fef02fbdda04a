import Emulation
import Ports
import Simulation

/// A twin before another twin that goes wrong on demand, so that tests on one thread command a device on another.
///
/// `FAULT name [seconds]` plans a deviation of the answers that follow, `FAULTS?` tells what the host did against the
/// rules, `CLEARS?` how often it was cleared, `BLOCK? n` gives a block of n bytes, `ECHO? text` the text; the rest goes
/// to the other twin.
final class WillingTwin: InstrumentTwin {
  static let identity = "ACME,M-1,0007,1.0"
  static let address = "usb://1209:0007/0007"

  private let other: (any InstrumentTwin)?
  weak var instrument: USBTMCInstrument?
  private var input: [UInt8] = []

  init(_ other: (any InstrumentTwin)? = nil) { self.other = other }

  /// An instrument with this twin.
  static func instrument(
    before other: (any InstrumentTwin)? = nil, vendor: UInt16 = 0x1209, product: UInt16 = 0x0007,
    isHighSpeed: Bool = true, habits: USBTMCHabits = USBTMCHabits()
  ) -> USBTMCInstrument {
    let twin = WillingTwin(other)
    let instrument = USBTMCInstrument(
      twin, vendor: vendor, product: product, maker: "ACME", name: "M-1", serial: "0007",
      isHighSpeed: isHighSpeed,
      habits: habits)
    twin.instrument = instrument
    return instrument
  }

  var nextEvent: WorldInstant? { other?.nextEvent }
  func advance(to now: WorldInstant) { other?.advance(to: now) }
  func clear(at now: WorldInstant) {
    input = []
    other?.clear(at: now)
  }

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    var replies: [TwinReply] = []
    for byte in bytes {
      input.append(byte)
      guard byte == 0x0A else { continue }
      let line = String(decoding: input.dropLast(), as: UTF8.self)
      if let reply = answer(line) {
        if !reply.isEmpty { replies.append(TwinReply(bytes: reply, delay: .microseconds(10))) }
      } else {
        replies += other?.receive(input, at: now) ?? []
      }
      input = []
    }
    return replies
  }

  /// nil: for the other twin.
  private func answer(_ line: String) -> [UInt8]? {
    let words = line.split(separator: " ").map(String.init)
    func text(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }
    switch words.first {
    case "*IDN?" where other == nil: return text(Self.identity)
    case "ECHO?": return text(words.dropFirst().joined(separator: " "))
    case "BLOCK?": return Self.block(Int(words[1])!)
    case "FAULTS?":
      return text(instrument!.violations.isEmpty ? "none" : instrument!.violations.joined(separator: "; "))
    case "CLEARS?": return text("\(instrument!.clearCount)")
    case "FAULT":
      instrument!.plan(Self.deviation(words))
      return []
    default: return nil
    }
  }

  private static func deviation(_ words: [String]) -> USBTMCDeviation {
    switch words[1] {
    case "stall": .stallsAnswer
    case "stall-command": .stallsCommand
    case "no-command": .takesNoCommand
    case "short": .shortPacket
    case "late": .lateAnswer(.seconds(Double(words[2])!))
    case "tag": .wrongTag
    case "header": .truncatedHeader
    case "oversize": .oversize
    case "kind": .wrongMessage
    case "pull": .pull
    default: fatalError("no deviation '\(words[1])'")
    }
  }

  static func payload(_ count: Int) -> [UInt8] {
    // A fast loop also in a debug build within a slow machine.
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var index = 0
      while index < count {
        buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8)
        index &+= 1
      }
      filled = count
    }
  }

  static func block(_ count: Int) -> [UInt8] {
    let digits = String(count)
    return Array("#\(digits.count)\(digits)".utf8) + payload(count) + [0x0A]
  }
}
