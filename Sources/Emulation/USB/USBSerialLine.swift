import Ports
import Simulation

/// A USB serial line (CDC-ACM) in front of a twin on a byte stream.
///
/// The kernel makes a `/dev/ttyACM` of it. Baud rate and control lines have no wire to act on: they are kept as the
/// host set them, so that a test can say whether driver-enable by RTS was right.
/// Source: USB class definitions for communication devices 1.2, PSTN subclass 1.2, as far as Linux uses them.
public final class USBSerialLine: USBFunction {
  static let outgoing: UInt8 = 0x01
  static let incoming: UInt8 = 0x82
  static let notifications: UInt8 = 0x83

  /// How the host set the line.
  public struct Coding: Hashable, Sendable {
    public var baud = 9600
    /// 0: one stop bit, 1: one and a half, 2: two.
    public var stopBits: UInt8 = 0
    /// 0 none, 1 odd, 2 even, 3 mark, 4 space.
    public var parity: UInt8 = 0
    public var dataBits: UInt8 = 8
  }

  /// One setting of the control lines.
  public struct ControlLines: Hashable, Sendable {
    public var dtr: Bool
    public var rts: Bool
    public var at: WorldInstant
  }

  public let descriptors: USBDescriptors
  public private(set) var coding = Coding()
  /// Every setting of DTR and RTS, oldest first.
  public private(set) var controlLines: [ControlLines] = []
  /// Everything the host sent, with the state of RTS at that moment.
  public private(set) var received: [(byte: UInt8, rts: Bool)] = []

  private let twin: any InstrumentTwin
  private var output: [USBOutput] = []
  private var outbox: [(due: WorldInstant, bytes: [UInt8])] = []

  public init(
    _ twin: any InstrumentTwin, vendor: UInt16, product: UInt16, maker: String, name: String, serial: String?
  ) {
    self.twin = twin
    descriptors = USBDescriptors(
      vendor: vendor, product: product, maker: maker, name: name, serial: serial, deviceClass: 2,
      interfaces: [
        .init(
          number: 0, class: 2, subclass: 2, protocol: 1,
          // Header 1.10, call management (none), abstract control with line coding, union of 0 and 1.
          extra: [5, 0x24, 0, 0x10, 0x01, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 0x02, 5, 0x24, 6, 0, 1],
          endpoints: [.init(Self.notifications, .interrupt, packetSize: 16)]),
        .init(
          number: 1, class: 0x0A, subclass: 0, protocol: 0,
          endpoints: [
            .init(Self.outgoing, .bulk, packetSize: 512), .init(Self.incoming, .bulk, packetSize: 512),
          ]),
      ])
  }

  public func takeOutput() -> [USBOutput] {
    defer { output = [] }
    return output
  }

  public var nextEvent: WorldInstant? {
    guard let own = twin.nextEvent else { return outbox.first?.due }
    return outbox.first.map { min($0.due, own) } ?? own
  }

  public func advance(to now: WorldInstant) {
    twin.advance(to: now)
    while let first = outbox.first, first.due <= now {
      outbox.removeFirst()
      output.append(.transfer(endpoint: Self.incoming, bytes: first.bytes, forgetsEmptyPacket: false))
    }
  }

  public func receive(_ bytes: [UInt8], endpoint: UInt8, at now: WorldInstant) -> USBReception {
    let rts = controlLines.last?.rts ?? false
    received += bytes.map { ($0, rts) }
    for reply in twin.receive(bytes, at: now) where !reply.bytes.isEmpty {
      // A reply never overtakes an earlier one.
      outbox.append((max(now + reply.delay, outbox.last?.due ?? .start), reply.bytes))
    }
    advance(to: now)
    return .taken
  }

  public func control(_ setup: USBSetup, _ bytes: [UInt8], at now: WorldInstant) -> [UInt8]? {
    switch (setup.type, setup.request) {
    case (0x21, 0x20) where bytes.count >= 7:
      coding.baud = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
      coding.stopBits = bytes[4]
      coding.parity = bytes[5]
      coding.dataBits = bytes[6]
      return []
    case (0xA1, 0x21):
      let baud = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: coding.baud >> $0) }
      return baud + [coding.stopBits, coding.parity, coding.dataBits]
    case (0x21, 0x22):
      controlLines.append(
        ControlLines(dtr: setup.value & 1 != 0, rts: setup.value & 2 != 0, at: now))
      return []
    case (0x21, 0x23): return []
    default: return nil
    }
  }
}
