import Capabilities
import Ports

/// One owner's conversation with one text-speaking instrument: one exchange at a time, each with a deadline.
///
/// After a query whose reply did not come (or made no sense) the link may still deliver that reply to the next
/// question, so that cell 7 would be recorded as cell 8. The session is then *desynchronised* and refuses every
/// normal exchange until `resynchronise()` proved that question and answer belong together again. `writeSafe`
/// stays allowed: switching off needs no reply. Nothing is retried here.
public final class SCPISession {
  public enum State: Hashable, Sendable {
    case ready
    case desynchronised(String)
    /// The link is gone; only a new session helps.
    case dead(String)
  }

  /// Name in the rig file.
  public let instrument: String
  public let dialect: SCPIDialect
  public internal(set) var state = State.ready
  /// Commands with and without a reply since the session began.
  public private(set) var queryCount = 0
  public private(set) var writeCount = 0

  let link: SCPILink
  let world: any World
  /// The identity reply that `identify` accepted, word for word; resynchronisation compares with it.
  var identityText: String?
  /// Received, not yet consumed.
  var buffer: [UInt8] = []
  var earliestSend = WorldInstant.start
  private var isBusy = false
  /// The session is desynchronised because the world was asked to stop, and for no other reason.
  private var cutByStop = false

  public init(instrument: String, link: SCPILink, world: any World, dialect: SCPIDialect = SCPIDialect()) {
    self.instrument = instrument
    self.link = link
    self.world = world
    self.dialect = dialect
  }

  /// Sends a command that has no reply.
  /// - Throws: `.desynchronised` before a byte is sent when the session is; `.link`.
  public func write(_ command: String) async throws(InstrumentError) {
    try await comeBackFromStop()
    try begin(command)
    defer { isBusy = false }
    writeCount += 1
    try await send(command)
  }

  /// Sends a command towards the safe state; allowed whatever the session's state, also while another exchange
  /// waits for its reply.
  public func writeSafe(_ command: String) async throws(InstrumentError) {
    writeCount += 1
    try await send(command)
  }

  /// Asks and waits for one line.
  /// - Parameter deadline: Instead of the dialect's, for scans and self-tests.
  /// - Returns: The reply without terminator and outer blanks; never empty.
  /// - Throws: `.link` when nothing came in time (then the session is desynchronised), `.malformedReply`.
  public func query(_ command: String, deadline: Interval? = nil) async throws(InstrumentError) -> String {
    try await comeBackFromStop()
    try begin(command)
    defer { isBusy = false }
    try await refuseStale(before: command)
    return try await exchange(command, deadline: deadline ?? dialect.queryDeadline)
  }

  /// Asks and waits for a definite-length block (`#`, digit count, length, bytes, line feed).
  /// - Parameter lengthMax: Longest acceptable payload in bytes.
  public func queryBlock(_ command: String, lengthMax: Int, deadline: Interval? = nil)
    async throws(InstrumentError) -> [UInt8]
  {
    try await comeBackFromStop()
    try begin(command)
    defer { isBusy = false }
    try await refuseStale(before: command)
    queryCount += 1
    try await send(command)
    let end = world.now + (deadline ?? dialect.queryDeadline)
    let payload = try await receiveBlock(after: command, lengthMax: lengthMax, until: end)
    earliestSend = max(earliestSend, world.now + dialect.gap)
    return payload
  }

  public func close() { link.close() }

  // MARK: one exchange

  func exchange(_ command: String, deadline: Interval) async throws(InstrumentError) -> String {
    queryCount += 1
    try await send(command)
    let line = try await receiveLine(after: command, until: world.now + deadline)
    earliestSend = max(earliestSend, world.now + dialect.gap)
    guard !line.isEmpty else { throw malformed("the reply to '\(command)' is empty", bytes: []) }
    return line
  }

  /// An exchange that a stop cut short says nothing against the instrument: what closes the run and makes the rig safe
  /// needs it, so question and answer are matched again before the next command.
  private func comeBackFromStop() async throws(InstrumentError) {
    guard cutByStop, !isBusy, case .desynchronised = state else { return }
    try await resynchronise()
    cutByStop = false
  }

  private func begin(_ command: String) throws(InstrumentError) {
    switch state {
    case .ready: break
    case .desynchronised(let why):
      throw InstrumentError(
        .desynchronised, instrument: instrument, message: "'\(command)' was not sent: \(why)",
        advice: "make the rig safe and open the instrument again")
    case .dead(let why):
      throw InstrumentError(
        .link, instrument: instrument, message: "'\(command)' was not sent, the link is gone: \(why)",
        advice: "check cable and power, then start the run again")
    }
    guard !isBusy else {
      throw InstrumentError(
        .refused, instrument: instrument,
        message: "'\(command)' was not sent: another exchange is under way",
        advice: "let one step at a time use this instrument")
    }
    isBusy = true
  }

  func send(_ command: String) async throws(InstrumentError) {
    // A look-alike letter from another alphabet would be refused in silence by some models.
    precondition(command.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "command '\(command)' is not ASCII")
    if world.now < earliestSend {
      do { try await world.sleep(until: earliestSend) } catch {
        throw InstrumentError(
          .link, instrument: instrument, message: "'\(command)' was not sent: \(error)")
      }
    }
    try await put(command)
  }

  /// Sends without regard to the gap.
  func put(_ command: String) async throws(InstrumentError) {
    do {
      try await link.send(wire(command), deadline: world.now + dialect.writeDeadline)
    } catch {
      throw linkError(error, command: command)
    }
    earliestSend = world.now + dialect.gap
  }

  /// Whatever already waits belongs to no question of ours.
  private func refuseStale(before command: String) async throws(InstrumentError) {
    guard case .stream = link else { return }
    if buffer.isEmpty { try await peek() }
    guard buffer.isEmpty else {
      let seen = buffer
      buffer = []
      throw desynchronise(
        "an unexpected reply (\(Self.shown(seen))) waited before '\(command)'", code: .desynchronised)
    }
  }

  /// Takes what has arrived already without waiting. A message link delivers nothing that was not asked for, and asking
  /// it in vain would leave question and answer out of step.
  func peek() async throws(InstrumentError) {
    guard case .stream = link else { return }
    do { buffer += try await link.receive(deadline: world.now) } catch {
      if error.code != .deadline { throw linkError(error, command: "look for stray bytes") }
    }
  }

  // MARK: failures

  func linkError(_ error: PortError, command: String) -> InstrumentError {
    switch error.code {
    case .deadline, .malformed, .stopped, .busy:
      cutByStop = error.code == .stopped
      state = .desynchronised("'\(command)' had no complete exchange")
    case .closed, .refused, .notFound, .permission, .badAddress, .unsupported:
      state = .dead(error.cause.isEmpty ? error.code.rawValue : error.cause)
    }
    let withoutAdvice = PortError(
      error.code, attempted: error.attempted, port: error.port, cause: error.cause, bytesSeen: error.bytesSeen
    )
    return InstrumentError(
      .link, instrument: instrument, message: "no exchange for '\(command)': \(withoutAdvice)",
      advice: "check power, cable and address of \(instrument)")
  }

  func desynchronise(_ why: String, code: InstrumentError.Code) -> InstrumentError {
    cutByStop = false
    state = .desynchronised(why)
    return InstrumentError(
      code, instrument: instrument, message: why,
      advice: "check that no other computer speaks to \(instrument); make the rig safe and open it again")
  }

  /// A reply that makes no sense may be the reply to something else: the session no longer trusts the link.
  public func malformed(_ why: String, bytes: [UInt8]) -> InstrumentError {
    desynchronise(bytes.isEmpty ? why : "\(why); received \(Self.shown(bytes))", code: .malformedReply)
  }

  /// Printable text of received bytes, at most 64 of them.
  static func shown(_ bytes: [UInt8]) -> String {
    let head = bytes.prefix(64)
    let printable = head.allSatisfy { (0x20...0x7E).contains($0) || $0 == 10 || $0 == 13 }
    guard printable else { return HexText.spaced(head) }
    return "'" + String(decoding: head.filter { $0 >= 0x20 }, as: UTF8.self) + "'"
  }
}
