import Model
import Ports

/// The frames and Bluetooth values of a run, taken from its events.
public struct RunTraffic: Sendable {
  /// In the order of their times.
  public private(set) var packets: [CapturedPacket] = []
  /// Traffic of other kinds (instruments, lines, the person), which no capture format holds: count by port.
  public private(set) var others: [String: Int] = [:]
  private var start: Int64 = 0

  public init() {}

  /// Takes the next event of the journal.
  public mutating func take(_ event: RunEvent) {
    switch event.body {
    case .runStarted(let header): start = Self.nanoseconds(calendar: header.startedAt) ?? 0
    case .traffic(let traffic): take(traffic, at: traffic.at ?? event.nanoseconds)
    default: break
    }
  }

  /// Sorts what was taken: what the kernel stamped may be older than what was written down before it.
  public mutating func finish() {
    let order = packets.indices.sorted { (packets[$0].time, $0) < (packets[$1].time, $1) }
    packets = order.map { packets[$0] }
  }

  private mutating func take(_ traffic: Traffic, at instant: Int64) {
    let (time, overflow) = start.addingReportingOverflow(instant)
    let content: CapturedPacket.Content? =
      switch traffic.port {
      case "unit-bus":
        CANFrame(text: traffic.bytes, at: WorldInstant(nanoseconds: instant)).map {
          .can(interface: "unit-bus", frame: $0)
        }
      case "unit" where !traffic.isText: Self.bytes(traffic.bytes).map { .characteristic($0) }
      default: nil
      }
    guard let content, !overflow else {
      others[traffic.port, default: 0] += 1
      return
    }
    packets.append(CapturedPacket(time: time, outgoing: traffic.outgoing, content: content))
  }

  private static func bytes(_ hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }

  /// Nanoseconds since 1970 of e.g. `2026-01-05T06:00:00Z`.
  static func nanoseconds(calendar: String) -> Int64? {
    let parts = calendar.split { "-T:Z".contains($0) }.map { Int64($0) }
    guard parts.count == 6, !parts.contains(nil), calendar.hasSuffix("Z") else { return nil }
    let number = parts.map { $0! }
    guard (1970...2200).contains(number[0]), (1...12).contains(number[1]), (1...31).contains(number[2]) else {
      return nil
    }
    // Years begin in March, so that the day of the leap year comes last.
    let year = number[1] > 2 ? number[0] : number[0] - 1
    let month = (number[1] + 9) % 12
    let days =
      365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + number[2] - 1 - 719_468
    return (((days * 24 + number[3]) * 60 + number[4]) * 60 + number[5]) * 1_000_000_000
  }
}
