import Ports

/// The wire under a text dialect. A stream frames replies by a line feed only; a message link keeps borders.
public enum SCPILink {
  case stream(any StreamPort)
  case messages(any MessagePort)

  public var address: PortAddress {
    switch self {
    case .stream(let port): port.address
    case .messages(let port): port.address
    }
  }

  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    switch self {
    case .stream(let port): try await port.send(bytes, deadline: deadline)
    case .messages(let port): try await port.send(bytes, deadline: deadline)
    }
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    switch self {
    case .stream(let port): try await port.receive(deadline: deadline)
    case .messages(let port): try await port.receive(deadline: deadline)
    }
  }

  func close() {
    switch self {
    case .stream(let port): port.close()
    case .messages(let port): port.close()
    }
  }
}

/// How one model wants to be spoken to. Data, not code: a driver states its numbers here with their source.
public struct SCPIDialect: Hashable, Sendable {
  /// Ends a command. Replies may end in LF or CR LF, whatever this says.
  public var terminator: String
  /// Shortest time from the end of one exchange to the next command.
  public var gap: Interval
  /// How long a command may take to leave.
  public var writeDeadline: Interval
  /// How long a reply may take, from the command's last byte.
  public var queryDeadline: Interval
  /// Longest text reply in bytes; more is malformed.
  public var replyLengthMax: Int
  /// The error queue's query; nil where the model has no queue.
  public var errorQuery: String?
  /// How long the link must be silent before a resynchronisation believes that nothing old is under way.
  public var quiet: Interval

  public init(
    terminator: String = "\n", gap: Interval = .zero, writeDeadline: Interval = .seconds(1),
    queryDeadline: Interval = .seconds(2), replyLengthMax: Int = 65_536,
    errorQuery: String? = "SYST:ERR?", quiet: Interval = .milliseconds(500)
  ) {
    self.terminator = terminator
    self.gap = gap
    self.writeDeadline = writeDeadline
    self.queryDeadline = queryDeadline
    self.replyLengthMax = replyLengthMax
    self.errorQuery = errorQuery
    self.quiet = quiet
  }
}
