import Ports

/// What an emulated instrument does wrong, once or several times.
public enum USBTMCDeviation: Hashable, Sendable {
  /// Halts its answers instead of giving one.
  case stallsAnswer
  /// Halts commands instead of taking one.
  case stallsCommand
  /// Takes a command only when the host gives up waiting.
  case takesNoCommand
  /// Ends the answer in the middle of what its header announces.
  case shortPacket
  /// The answer is ready that much later.
  case lateAnswer(Interval)
  /// The answer carries the tag of another request.
  case wrongTag
  /// The answer ends within its header.
  case truncatedHeader
  /// The header announces more than was asked for.
  case oversize
  /// The answer is a message of another kind.
  case wrongMessage
  /// The cable is pulled in the middle of the answer.
  case pull

  var concernsCommands: Bool { self == .stallsCommand || self == .takesNoCommand }
}

/// How a product departs from the rules all the time.
public struct USBTMCHabits: Hashable, Sendable {
  /// No empty packet after a full last one.
  public var forgetsEmptyPackets = false
  /// An empty packet before every answer.
  public var leadsWithEmptyPacket = false
  /// Answers longer than that many bytes get one header, with the end mark, for their first part; the rest follows
  /// without header.
  public var blockPart: Int?
  /// Most payload bytes in one transfer.
  public var transferSizeMax: Int?
  /// Refuses the device clear.
  public var refusesClear = false
  /// Ignores commands and requests that come sooner after the last one.
  public var gap = Interval.zero
  public init() {}
}
