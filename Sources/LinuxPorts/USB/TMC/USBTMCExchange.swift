import Ports

/// What an exchange wants done next.
enum USBTMCAction: Hashable, Sendable {
  /// One bulk transfer to the instrument.
  case write([UInt8])
  /// One bulk transfer from the instrument: at most `capacity` bytes, a multiple of the packet size. A limit ends it
  /// early with `silent`; the deadline of the whole exchange holds all the same.
  case read(capacity: Int, limit: Interval?)
  case control(USBControlRequest)
  /// Ends the halt of an endpoint at both ends.
  case clearHalt(USBPipe)
  case pause(Interval)
}

/// What came of it.
enum USBTMCEvent: Hashable, Sendable {
  /// Written, cleared, or the pause is over.
  case done
  /// Read; fewer bytes than the capacity, or none, mean that the instrument ended its transfer.
  case bytes([UInt8])
  /// Nothing came within the limit of a read.
  case silent
  /// The instrument refused: the endpoint is halted, or it does not know the control request.
  case stalled
}

enum USBPipe: Hashable, Sendable { case incoming, outgoing }

/// One task of the host, as a machine without effects: an event in, the next action out, nil when it is done.
protocol USBTMCExchange {
  mutating func next(_ event: USBTMCEvent?) throws(USBTMCFault) -> USBTMCAction?
}

/// A class request on the control endpoint; data flows to the host only.
struct USBControlRequest: Hashable, Sendable {
  var type: UInt8
  var request: UInt8
  var value: UInt16
  var index: UInt16
  var length: UInt16

  var setup: [UInt8] {
    func low(_ x: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: x) }
    func high(_ x: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: x >> 8) }
    return [type, request, low(value), high(value), low(index), high(index), low(length), high(length)]
  }
}

/// The interface of an instrument, as its descriptors say.
struct USBTMCInterface: Hashable, Sendable {
  var number: UInt8
  /// Speaks the USB488 subclass.
  var isUSB488: Bool
  /// Endpoint addresses; those that send have bit 7.
  var outgoing: UInt8
  var incoming: UInt8
  var interrupt: UInt8?
  /// Of the incoming endpoint, in bytes; a power of two from 8 to 1024.
  var packetSize: Int

  enum Request: UInt8 {
    case initiateAbortOut = 1
    case checkAbortOut = 2
    case initiateAbortIn = 3
    case checkAbortIn = 4
    case initiateClear = 5
    case checkClear = 6
    case capabilities = 7
  }

  func control(_ request: Request, value: UInt8 = 0) -> USBControlRequest {
    let toEndpoint: UInt8 = 0xA2
    let toInterface: UInt8 = 0xA1
    let (type, index, length): (UInt8, UInt8, UInt16) =
      switch request {
      case .initiateAbortOut: (toEndpoint, outgoing, 2)
      case .checkAbortOut: (toEndpoint, outgoing, 8)
      case .initiateAbortIn: (toEndpoint, incoming, 2)
      case .checkAbortIn: (toEndpoint, incoming, 8)
      case .initiateClear: (toInterface, number, 1)
      case .checkClear: (toInterface, number, 2)
      case .capabilities: (toInterface, number, 24)
      }
    return USBControlRequest(
      type: type, request: request.rawValue, value: UInt16(value), index: UInt16(index), length: length)
  }
}

/// First byte of the answer to a class request.
enum USBTMCStatus {
  static let success: UInt8 = 0x01
  static let pending: UInt8 = 0x02
  static let failed: UInt8 = 0x80
  static let notInProgress: UInt8 = 0x81
}

/// The instrument does not keep the protocol. Whatever it says next may belong to an earlier question.
enum USBTMCFault: Error, Hashable, Sendable, CustomStringConvertible {
  case shortHeader([UInt8])
  case wrongMessage(UInt8, [UInt8])
  case brokenTag([UInt8])
  case wrongTag(UInt8, expected: UInt8, [UInt8])
  case oversize(Int, asked: Int, [UInt8])
  /// Fewer bytes than the header, or the block, announced.
  case truncated(missing: Int)
  /// More bytes than the header announced.
  case trailing([UInt8])
  case tooLong(Int)
  case stalled(USBPipe)
  case refused(String)
  /// Still busy after many questions.
  case neverEnds(String)

  var description: String {
    switch self {
    case .shortHeader(let bytes): "the answer has \(bytes.count) bytes, its header alone has 12"
    case .wrongMessage(let id, _): "the answer is a message of kind \(id), not 2"
    case .brokenTag: "the answer's tag and its complement do not fit together"
    case .wrongTag(let tag, let expected, _):
      "the answer has tag \(tag), the request had \(expected): it belongs to another request"
    case .oversize(let size, let asked, _): "the answer announces \(size) bytes, \(asked) were asked for"
    case .truncated(let missing): "the answer ends \(missing) bytes too early"
    case .trailing(let bytes): "\(bytes.count) bytes follow the end of the answer"
    case .tooLong(let limit): "the answer does not end within \(limit) bytes"
    case .stalled(.incoming): "the instrument halted its answers (stall)"
    case .stalled(.outgoing): "the instrument refuses commands (stall)"
    case .refused(let what): "the instrument refuses to \(what)"
    case .neverEnds(let what): "the instrument does not come to an end with: \(what)"
    }
  }

  var bytesSeen: [UInt8] {
    switch self {
    case .shortHeader(let bytes), .wrongMessage(_, let bytes), .brokenTag(let bytes),
      .wrongTag(_, _, let bytes), .oversize(_, _, let bytes), .trailing(let bytes):
      bytes
    case .truncated, .tooLong, .stalled, .refused, .neverEnds: []
    }
  }
}
