import LinuxPorts

/// The instrument's half of one HiSLIP session in synchronised mode: messages in, actions out, no port.
///
/// Modelled: opening, messages in pieces, interruption, device clear, status query (message available only), trigger
/// and remote-local accepted without effect, locks as far as one session needs them.
/// Not modelled: overlapped mode, shared locks, service requests, encryption of version 2.
struct HiSLIPServerMachine {
  enum Action: Hashable {
    case onSync(HiSLIPMessage)
    case onAsync(HiSLIPMessage)
    /// A whole message for the instrument; its response carries the number.
    case deliver([UInt8], number: UInt32)
    /// The controller asked anew before the response had left.
    case dropReplies
    case clear
    /// The session is over after what was said.
    case end
  }

  /// Version 1.0, as in `InitializeResponse`.
  static let version: UInt32 = 0x0100
  /// Payload taken in one message and in one command, in bytes.
  static let sizeMax = 1 << 20

  let session: UInt16
  private var command: [UInt8] = []
  private var isClearing = false
  private var clientMax = 1 << 20
  private(set) var isLocked = false

  init(session: UInt16) { self.session = session }

  /// What answers `Initialize`.
  var welcome: HiSLIPMessage {
    HiSLIPMessage(.initializeResponse, parameter: Self.version << 16 | UInt32(session))
  }

  /// What answers `AsyncInitialize`; the parameter is the maker's letters, here those of no maker.
  static let joined = HiSLIPMessage(.asyncInitializeResponse, parameter: 0x7878)

  /// - Parameter hasReplies: A response to an earlier message has not left yet.
  mutating func heardSync(_ message: HiSLIPMessage, hasReplies: Bool) -> [Action] {
    switch message.kind {
    case .data, .dataEnd:
      guard !isClearing else { return [] }
      var actions: [Action] = []
      if hasReplies {
        actions = [
          .dropReplies, .onSync(HiSLIPMessage(.interrupted, parameter: message.parameter)),
          .onAsync(HiSLIPMessage(.asyncInterrupted, parameter: message.parameter)),
        ]
      }
      command += message.payload
      guard command.count <= Self.sizeMax else {
        command = []
        return actions + [
          .onSync(HiSLIPMessage(.error, control: 4, payload: Array("message too large".utf8)))
        ]
      }
      guard message.kind == .dataEnd else { return actions }
      defer { command = [] }
      return actions + [.deliver(command, number: message.parameter)]
    case .deviceClearComplete:
      isClearing = false
      command = []
      return [.onSync(HiSLIPMessage(.deviceClearAcknowledge))]
    case .trigger: return []
    case .fatalError: return [.end]
    default: return [.onSync(Self.unknown(message))]
    }
  }

  /// - Parameter hasReplies: Sets the message-available bit of the status byte.
  mutating func heardAsync(_ message: HiSLIPMessage, hasReplies: Bool) -> [Action] {
    switch message.kind {
    case .asyncMaximumSize:
      clientMax = Int(clamping: HiSLIPMessage.number(message.payload.prefix(8)))
      let size = HiSLIPMessage.number(UInt64(Self.sizeMax))
      return [.onAsync(HiSLIPMessage(.asyncMaximumSizeResponse, payload: size))]
    case .asyncDeviceClear:
      isClearing = true
      command = []
      return [.clear, .onAsync(HiSLIPMessage(.asyncDeviceClearAcknowledge))]
    case .asyncStatusQuery:
      return [.onAsync(HiSLIPMessage(.asyncStatusResponse, control: hasReplies ? 16 : 0))]
    case .asyncRemoteLocal: return [.onAsync(HiSLIPMessage(.asyncRemoteLocalResponse))]
    case .asyncLock:
      // 1 asks, 0 gives back; success is 1, giving back what is not held is an error, 3.
      let wants = message.control == 1
      let answer: UInt8 = wants || isLocked ? 1 : 3
      isLocked = wants
      return [.onAsync(HiSLIPMessage(.asyncLockResponse, control: answer))]
    case .asyncLockInfo:
      return [
        .onAsync(
          HiSLIPMessage(.asyncLockInfoResponse, control: isLocked ? 1 : 0, parameter: isLocked ? 1 : 0))
      ]
    case .fatalError: return [.end]
    default: return [.onAsync(Self.unknown(message))]
    }
  }

  /// A response, cut into pieces that the controller takes.
  func response(_ bytes: [UInt8], number: UInt32) -> [UInt8] {
    var out: [UInt8] = []
    var rest = bytes[...]
    // Some controllers count the header, as instruments do.
    let chunk = max(256, min(clientMax, Self.sizeMax) - 16)
    repeat {
      let piece = rest.prefix(chunk)
      rest = rest.dropFirst(chunk)
      out += HiSLIPMessage(rest.isEmpty ? .dataEnd : .data, parameter: number, payload: Array(piece)).bytes
    } while !rest.isEmpty
    return out
  }

  private static func unknown(_ message: HiSLIPMessage) -> HiSLIPMessage {
    HiSLIPMessage(.error, control: 1, payload: Array("message type \(message.type) is not understood".utf8))
  }
}
