/// The attribute server of a peripheral: requests in, answers out. No time and no connection of its own.
///
/// Served: exchange of the MTU, discovery, reading, writing with and without response. Refused: long writes, signed
/// writes, reading several at once (the family's modules were never seen to be asked for them).
///
/// - Source: Bluetooth Core 5.3, volume 3 part F section 3.4.
struct AttributeServer {
  /// What a request led to, beside the answer.
  enum Effect: Equatable {
    /// Bytes written to FFE1.
    case written([UInt8])
    case subscribed(Bool)
  }

  enum Failure {
    static let invalidHandle: UInt8 = 0x01
    static let readNotPermitted: UInt8 = 0x02
    static let writeNotPermitted: UInt8 = 0x03
    static let malformed: UInt8 = 0x04
    static let authentication: UInt8 = 0x05
    static let notSupported: UInt8 = 0x06
    static let invalidOffset: UInt8 = 0x07
    static let notFound: UInt8 = 0x0A
  }

  static let mtuMin = 23

  private(set) var attributes: [Attribute]
  /// Largest MTU that this end offers.
  let mtuOffered: Int
  private(set) var mtu = AttributeServer.mtuMin
  private(set) var isSubscribed = false
  /// Notifications are refused until the link is encrypted, which this peripheral never is.
  var wantsPairing = false

  init(attributes: [Attribute], mtuOffered: Int) {
    self.attributes = attributes
    self.mtuOffered = mtuOffered
  }

  /// - Returns: The answer; nil when none is due.
  mutating func receive(_ request: [UInt8]) -> (answer: [UInt8]?, effect: Effect?) {
    guard let code = request.first else { return (nil, nil) }
    switch code {
    case 0x02: return (exchangeMTU(request), nil)
    case 0x04: return (findInformation(request), nil)
    case 0x06: return (findByValue(request), nil)
    case 0x08: return (readByType(request), nil)
    case 0x0A, 0x0C: return (read(request, isLong: code == 0x0C), nil)
    case 0x10: return (readByGroup(request), nil)
    case 0x12, 0x52: return write(request, isSilent: code == 0x52)
    // Confirmations and commands that are not known are not answered.
    case 0x1E: return (nil, nil)
    default: return (code & 0x40 != 0 ? nil : Self.error(code, 0, Failure.notSupported), nil)
    }
  }

  /// A notification of FFE1.
  func notification(_ bytes: [UInt8]) -> [UInt8] { [0x1B] + AttributeTable.stream.littleEndian2 + bytes }

  private static func error(_ request: UInt8, _ handle: UInt16, _ code: UInt8) -> [UInt8] {
    [0x01, request] + handle.littleEndian2 + [code]
  }

  private mutating func exchangeMTU(_ request: [UInt8]) -> [UInt8] {
    guard request.count == 3 else { return Self.error(0x02, 0, Failure.malformed) }
    mtu = max(Self.mtuMin, min(Int(UInt16(request, at: 1)), mtuOffered))
    return [0x03] + UInt16(mtuOffered).littleEndian2
  }

  /// The attributes that a request with a range of handles asks about, or the error for it.
  private func ranged(_ request: [UInt8], atLeast length: Int) -> (found: [Attribute], error: [UInt8]?) {
    guard request.count >= length else { return ([], Self.error(request[0], 0, Failure.malformed)) }
    let (first, last) = (UInt16(request, at: 1), UInt16(request, at: 3))
    guard first > 0, first <= last else {
      return ([], Self.error(request[0], first, Failure.invalidHandle))
    }
    return (attributes.filter { (first...last).contains($0.handle) }, nil)
  }

  /// Entries of equal size, as many as fit.
  private func answer(
    _ code: UInt8, to request: [UInt8], _ entries: [[UInt8]], sized: Bool
  ) -> [UInt8] {
    guard let first = entries.first else {
      return Self.error(request[0], UInt16(request, at: 1), Failure.notFound)
    }
    var answer = [code] + (sized ? [UInt8(first.count)] : [])
    for entry in entries.prefix(while: { $0.count == first.count }) {
      guard answer.count + entry.count <= mtu else { break }
      answer += entry
    }
    return answer
  }

  private func findInformation(_ request: [UInt8]) -> [UInt8] {
    let (found, error) = ranged(request, atLeast: 5)
    if let error { return error }
    let entries = found.map { $0.handle.littleEndian2 + $0.type.littleEndian2 }
    guard !entries.isEmpty else { return answer(0x05, to: request, [], sized: false) }
    var answer: [UInt8] = [0x05, 0x01]
    for entry in entries where answer.count + entry.count <= mtu { answer += entry }
    return answer
  }

  private func findByValue(_ request: [UInt8]) -> [UInt8] {
    let (found, error) = ranged(request, atLeast: 7)
    if let error { return error }
    let type = UInt16(request, at: 5)
    let matching = found.filter { $0.type == type && $0.value == Array(request[7...]) }
    return answer(
      0x07, to: request,
      matching.map { $0.handle.littleEndian2 + ($0.groupEnd ?? $0.handle).littleEndian2 }, sized: false)
  }

  private func readByType(_ request: [UInt8]) -> [UInt8] {
    let (found, error) = ranged(request, atLeast: 7)
    if let error { return error }
    guard request.count == 7 else { return answer(0x09, to: request, [], sized: true) }
    let type = UInt16(request, at: 5)
    let entries = found.filter { $0.type == type }.map { $0.handle.littleEndian2 + $0.value.prefix(mtu - 4) }
    return answer(0x09, to: request, entries, sized: true)
  }

  private func readByGroup(_ request: [UInt8]) -> [UInt8] {
    let (found, error) = ranged(request, atLeast: 7)
    if let error { return error }
    guard request.count == 7, UInt16(request, at: 5) == AttributeTable.primaryService else {
      return Self.error(0x10, UInt16(request, at: 1), 0x10)
    }
    let entries = found.filter { $0.type == AttributeTable.primaryService }.map {
      $0.handle.littleEndian2 + ($0.groupEnd ?? $0.handle).littleEndian2 + $0.value
    }
    return answer(0x11, to: request, entries, sized: true)
  }

  private func read(_ request: [UInt8], isLong: Bool) -> [UInt8] {
    guard request.count == (isLong ? 5 : 3) else { return Self.error(request[0], 0, Failure.malformed) }
    let handle = UInt16(request, at: 1)
    guard let attribute = attributes.first(where: { $0.handle == handle }) else {
      return Self.error(request[0], handle, Failure.invalidHandle)
    }
    if attribute.type >= 0xFFE1, attribute.type <= 0xFFE3 {
      return Self.error(request[0], handle, Failure.readNotPermitted)
    }
    let offset = isLong ? Int(UInt16(request, at: 3)) : 0
    guard offset <= attribute.value.count else {
      return Self.error(request[0], handle, Failure.invalidOffset)
    }
    return [isLong ? 0x0D : 0x0B] + attribute.value.dropFirst(offset).prefix(mtu - 1)
  }

  private mutating func write(_ request: [UInt8], isSilent: Bool) -> (answer: [UInt8]?, effect: Effect?) {
    func refused(_ handle: UInt16, _ code: UInt8) -> (answer: [UInt8]?, effect: Effect?) {
      (isSilent ? nil : Self.error(request[0], handle, code), nil)
    }
    guard request.count >= 3 else { return refused(0, Failure.malformed) }
    let handle = UInt16(request, at: 1)
    let bytes = Array(request[3...])
    guard let index = attributes.firstIndex(where: { $0.handle == handle }) else {
      return refused(handle, Failure.invalidHandle)
    }
    guard attributes[index].isWritable else { return refused(handle, Failure.writeNotPermitted) }
    let done: [UInt8]? = isSilent ? nil : [0x13]
    if handle == AttributeTable.stream { return (done, .written(bytes)) }
    guard attributes[index].type == AttributeTable.configuration else { return (done, nil) }
    if wantsPairing { return refused(handle, Failure.authentication) }
    attributes[index].value = Array((bytes + [0, 0]).prefix(2))
    guard handle == AttributeTable.streamConfiguration else { return (done, nil) }
    isSubscribed = attributes[index].value[0] & 1 == 1
    return (done, .subscribed(isSubscribed))
  }
}
