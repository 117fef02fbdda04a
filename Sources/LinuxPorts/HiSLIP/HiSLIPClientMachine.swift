/// The controller's half of a HiSLIP session in synchronised mode: bytes in, bytes out, no port.
///
/// A response counts only when it carries the number of the last message sent. Whatever an instrument answers too late
/// is dropped here, so a session has nothing old to read after a missed deadline. The number FFFFFFFF, with which an
/// instrument may say that it does not know, counts as a wrong one: it could hide a late response.
struct HiSLIPClientMachine {
  /// Version 1.0 and the two letters of a vendor without registration.
  static let initialParameter: UInt32 = 0x0100_7878
  /// Payload that this end takes in one message, in bytes.
  static let sizeMax: UInt64 = 1 << 20
  /// Payload sent in one message until the instrument has named its limit; every instrument takes this much.
  private static let cautiousSize = 256

  private(set) var session: UInt16?
  private(set) var isOpen = false
  /// Late responses dropped so far.
  private(set) var dropped = 0
  private var syncFraming = HiSLIPMessage.Framing()
  private var asyncFraming = HiSLIPMessage.Framing()
  private var number = HiSLIPMessage.firstNumber
  private var lastSent: UInt32?
  private var wasDelivered = false
  private var chunkMax = Self.cautiousSize
  private var partial: [UInt8] = []
  private var responses: [[UInt8]] = []
  private var clearing = Clearing.no

  private enum Clearing { case no, asked, granted, completing }

  // MARK: opening

  func opening(part: String) -> [UInt8] {
    HiSLIPMessage(.initialize, parameter: Self.initialParameter, payload: Array(part.utf8)).bytes
  }

  /// For the second connection, once `session` is known.
  func joining(_ session: UInt16) -> [UInt8] {
    HiSLIPMessage(.asyncInitialize, parameter: UInt32(session)).bytes
      + HiSLIPMessage(.asyncMaximumSize, payload: HiSLIPMessage.number(Self.sizeMax)).bytes
  }

  // MARK: exchanges

  /// A whole message, cut into pieces that the instrument takes.
  mutating func outgoing(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = message[...]
    partial = []
    responses = []
    repeat {
      let piece = rest.prefix(chunkMax)
      rest = rest.dropFirst(chunkMax)
      bytes +=
        HiSLIPMessage(
          rest.isEmpty ? .dataEnd : .data, control: wasDelivered ? 1 : 0, parameter: number,
          payload: Array(piece)
        ).bytes
      wasDelivered = false
      lastSent = number
      number &+= 2
    } while !rest.isEmpty
    return bytes
  }

  /// The oldest whole response to the last message.
  mutating func takeResponse() -> [UInt8]? {
    guard !responses.isEmpty else { return nil }
    wasDelivered = true
    return responses.removeFirst()
  }

  /// Hears bytes of the opening and says what was wrong with them.
  mutating func fault(in bytes: [UInt8]) -> HiSLIPFault? {
    do throws(HiSLIPFault) {
      try heardSync(bytes)
      return nil
    } catch {
      return error
    }
  }

  mutating func heardSync(_ bytes: [UInt8]) throws(HiSLIPFault) {
    syncFraming.add(bytes)
    while let message = try syncFraming.next() {
      switch message.kind {
      case .initializeResponse:
        session = UInt16(truncatingIfNeeded: message.parameter)
      case .data, .dataEnd: take(message)
      case .deviceClearAcknowledge where clearing == .completing: startAnew()
      case .fatalError: throw Self.told(message)
      case .error: throw HiSLIPFault(.unidentified, Self.words(message))
      // Interrupted: the response that it speaks of was dropped by its number already.
      default: break
      }
    }
  }

  mutating func heardAsync(_ bytes: [UInt8]) throws(HiSLIPFault) {
    asyncFraming.add(bytes)
    while let message = try asyncFraming.next() {
      switch message.kind {
      case .asyncMaximumSizeResponse:
        // Some instruments count the header; none is asked for more than a megabyte at once.
        let size = HiSLIPMessage.number(message.payload.prefix(8))
        let room = min(size, Self.sizeMax)
        chunkMax = max(Self.cautiousSize, Int(room) - HiSLIPMessage.headerLength)
        isOpen = true
      case .asyncDeviceClearAcknowledge where clearing == .asked: clearing = .granted
      case .fatalError: throw Self.told(message)
      case .error: throw HiSLIPFault(.unidentified, Self.words(message))
      default: break
      }
    }
  }

  private mutating func take(_ message: HiSLIPMessage) {
    guard clearing == .no, message.parameter == lastSent else {
      if message.kind == .dataEnd { dropped += 1 }
      return
    }
    partial += message.payload
    guard message.kind == .dataEnd else { return }
    responses.append(partial)
    partial = []
  }

  // MARK: device clear

  /// For the second connection; `isClearGranted` follows.
  mutating func beginClear() -> [UInt8] {
    clearing = .asked
    return HiSLIPMessage(.asyncDeviceClear).bytes
  }

  var isClearGranted: Bool { clearing == .granted }

  /// For the first connection; `isCleared` follows.
  mutating func completeClear() -> [UInt8] {
    clearing = .completing
    return HiSLIPMessage(.deviceClearComplete).bytes
  }

  var isCleared: Bool { clearing == .no }

  private mutating func startAnew() {
    clearing = .no
    number = HiSLIPMessage.firstNumber
    lastSent = nil
    wasDelivered = false
    partial = []
    responses = []
  }

  // MARK: complaints

  private static func told(_ message: HiSLIPMessage) -> HiSLIPFault {
    HiSLIPFault(HiSLIPFault.Code(rawValue: message.control) ?? .unidentified, words(message))
  }

  private static func words(_ message: HiSLIPMessage) -> String {
    let text = String(
      decoding: message.payload.prefix(200).filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
    return "the instrument says: \(text.isEmpty ? "error \(message.control)" : text)"
  }
}
