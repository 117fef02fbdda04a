import Capabilities
import Instruments
import Ports
import Simulation

@testable import LinuxPorts
@testable import Serving

/// What instruments send, in the dialect and on the wire.
extension FuzzTarget {
  /// A session whose instrument answers with the pieces of an input.
  private static func session(
    _ bytes: [UInt8], keepsBorders: Bool, _ body: @escaping (SCPISession) async throws -> Void
  ) {
    var pieces = Pieces(bytes)
    var entries: [PlayedEntry] = []
    while !pieces.isEmpty {
      let at = WorldInstant.start + .microseconds(Double(entries.count))
      entries.append(PlayedEntry(at: at, outgoing: false, content: .bytes(pieces.piece(255))))
    }
    let script = ["sim://instrument": entries]
    let world = PlayedWorld(
      scripts: script, guardian: PlayedGuard(words: "", end: nil), breaksOff: true,
      calendarStart: "2026-01-05T06:00:00Z")
    try? world.run {
      let address = try PortAddress(parsing: "sim://instrument")
      let link: SCPILink =
        keepsBorders
        ? .messages(try await world.openMessages(address, deadline: .distantFuture))
        : .stream(try await world.openStream(address, deadline: .distantFuture))
      try await body(SCPISession(instrument: "instrument", link: link, world: world))
    }
  }

  static let scpiReplies = FuzzTarget(
    name: "scpi", covers: "replies and definite-length blocks, in any pieces"
  ) { bytes in
    let kind = bytes.first ?? 0
    session(Array(bytes.dropFirst()), keepsBorders: kind & 1 != 0) { session in
      for round in 0..<4 {
        do throws(InstrumentError) {
          switch (Int(kind >> 1) + round) % 5 {
          case 0: _ = try await session.queryBlock("CURV?", lengthMax: 1 << 16)
          case 1: _ = try await session.queryNumbers("READ?", count: 3)
          case 2: _ = try await session.queryInteger("*ESR?")
          case 3: _ = try await session.queryFlag("OUTP?")
          default: _ = try await session.drainErrors()
          }
        } catch {
          _ = error.description
        }
      }
    }
  }

  static let scpiText = FuzzTarget(
    name: "scpi-text", covers: "numbers, flags and error entries in replies", lengthMax: 256
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let number = SCPIText.number(text, suffix: "V") {
      precondition(!number.isNaN || text.contains { "nN".contains($0) })
    }
    _ = SCPIText.number(text)
    _ = SCPIText.integer(text)
    _ = SCPIText.flag(text)
    _ = SCPIText.errorEntry(text)
  }

  static let usbtmc = FuzzTarget(
    name: "usbtmc", covers: "headers and transfers of USB instruments, aborting, clearing"
  ) {
    bytes in
    var pieces = Pieces(bytes)
    let habits = pieces.byte()
    let quirks = USBQuirks(isAskedOncePerBlock: habits & 1 != 0, isNotClearedOnOpen: false)
    let interface = USBTMCInterface(
      number: 0, isUSB488: true, outgoing: 1, incoming: 0x82, interrupt: 0x83, packetSize: 64)
    var exchanges: [any USBTMCExchange] = [
      USBTMCReceiving(tags: USBTMCTags(), quirks: quirks, packetSize: 64, lengthMax: 1 << 16),
      USBTMCSending(Array(bytes.prefix(100)), tags: USBTMCTags()),
      USBTMCAborting(.incoming, tag: 1, interface: interface), USBTMCClearing(interface: interface),
    ]
    let chosen = habits & 2 != 0 ? Int(habits >> 2) % exchanges.count : 0
    var event: USBTMCEvent?
    // A machine that goes on for ever on an input of this length hangs a rig.
    for _ in 0..<(4096 + bytes.count) {
      guard let action = try? exchanges[chosen].next(event) else { return }
      switch action {
      case .write, .clearHalt, .pause: event = .done
      case .read(let capacity, _):
        precondition(capacity > 0 && capacity <= 1 << 20)
        if pieces.isEmpty { return }
        let kind = pieces.byte()
        event =
          kind == 255 ? .silent : kind == 254 ? .stalled : .bytes(Array(pieces.piece(255).prefix(capacity)))
      case .control(let request):
        if pieces.isEmpty { return }
        event = .bytes(Array(pieces.piece(32).prefix(Int(request.length))))
      }
    }
    preconditionFailure("the exchange does not end")
  }

  static let hislip = FuzzTarget(name: "hislip", covers: "both ends of HiSLIP, both channels") { bytes in
    var pieces = Pieces(bytes)
    var client = HiSLIPClientMachine()
    var server = HiSLIPServerMachine(session: 7)
    var framing = HiSLIPMessage.Framing(payloadMax: 1 << 16)
    while !pieces.isEmpty {
      let kind = pieces.byte()
      let piece = pieces.piece(255)
      do throws(HiSLIPFault) {
        switch kind % 6 {
        case 0: try client.heardSync(piece)
        case 1: try client.heardAsync(piece)
        case 2: precondition(client.outgoing(Array(piece.prefix(8))).count < 1 << 16)
        case 3: _ = kind & 64 != 0 ? client.beginClear() : client.completeClear()
        default:
          framing.add(piece)
          while let message = try framing.next() {
            _ =
              kind & 1 == 0
              ? server.heardSync(message, hasReplies: kind & 64 != 0)
              : server.heardAsync(message, hasReplies: kind & 64 != 0)
          }
        }
      } catch {
        _ = error.description
        return
      }
      _ = client.takeResponse()
    }
  }

  static let address = FuzzTarget(name: "address", covers: "addresses of ports", lengthMax: 256) { bytes in
    if let address = try? PortAddress(parsing: String(decoding: bytes, as: UTF8.self)) {
      _ = address.usbIdentity
      _ = address.description
    }
  }
}
