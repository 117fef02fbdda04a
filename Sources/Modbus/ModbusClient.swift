import Ports

/// A master on a byte stream: one request at a time, each with a deadline.
///
/// Only reads are asked again, and only here. A write whose answer did not come, and a read that failed in every
/// attempt, leave the client *desynchronised*: on a serial line a late answer carries nothing that tells it from the
/// next one. It then refuses every exchange until `resynchronise` proved that question and answer belong together
/// again; `sendSafe` stays allowed, because switching off needs no answer.
///
/// - Source: instrument protocol notes, sections 9 and 12.
public final class ModbusClient {
  public struct Timing: Hashable, Sendable {
    /// How long a request may take to leave.
    public var sendWithin = Interval.seconds(1)
    /// How long an answer may take, from the request's last byte.
    public var answerWithin = Interval.seconds(1)
    /// The longest the device was ever seen to take: after a missing answer the line is listened to for so long.
    public var latest = Interval.seconds(2)
    /// How often a read is asked in all.
    public var readAttempts = 2
    /// Silence between two frames of a serial line.
    public var gap = Interval(seconds: RTUFrame.gap(baud: 115_200))
    public init() {}
  }

  public enum State: Hashable, Sendable {
    case ready
    case desynchronised(String)
    case dead(String)
  }

  public struct Statistics: Hashable, Sendable {
    public var requests = 0
    /// Reads that were asked again.
    public var repeated = 0
    /// Answers on TCP to an earlier transaction.
    public var discarded = 0
    public init() {}
  }

  public let framing: ModbusFraming
  public let timing: Timing
  public private(set) var state = State.ready
  public private(set) var statistics = Statistics()
  public let world: any World
  public let port: any StreamPort
  private var transaction: UInt16 = 0
  private var buffer: [UInt8] = []
  private var lineFree = WorldInstant.start
  private var isBusy = false

  public init(port: any StreamPort, world: any World, framing: ModbusFraming, timing: Timing = Timing()) {
    precondition(timing.readAttempts >= 1, "a read must be asked at least once")
    self.port = port
    self.world = world
    self.framing = framing
    self.timing = timing
  }

  /// One request and its answer.
  ///
  /// - Throws: `ModbusError`. `.refused` leaves the client ready.
  public func exchange(unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) -> ModbusReply {
    try permit(unit, request)
    isBusy = true
    defer { isBusy = false }
    for attempt in 1... {
      do throws(ModbusError) { return try await once(unit, request) } catch {
        let mayRepeat = request.isRead && attempt < timing.readAttempts
        switch error.code {
        case .refused(.busy) where mayRepeat: try await pause(timing.gap, unit, request)
        case .noAnswer where mayRepeat, .malformed where mayRepeat: try await settle(unit, request)
        case .noAnswer, .malformed:
          state = .desynchronised(error.cause)
          throw error
        case .stopped:
          state = .desynchronised("an exchange was cut short")
          throw error
        case .closed:
          state = .dead(error.cause)
          throw error
        case .refused, .notSent, .desynchronised: throw error
        }
        statistics.repeated += 1
      }
    }
    preconditionFailure("the last attempt returns or throws")
  }

  /// Sends a write to every unit of a serial line and gives them time; nobody answers.
  public func broadcast(_ request: ModbusRequest) async throws(ModbusError) {
    try permit(0, request)
    guard framing == .rtu, !request.isRead else {
      throw failure(.notSent, 0, request, "only writes on a serial line can be broadcast")
    }
    isBusy = true
    defer { isBusy = false }
    try await send(0, request)
    try await pause(Self.turnaround, 0, request)
  }

  /// How long units work on a broadcast (Modbus over serial line 1.02, section 2.4.1: 100 to 200 ms).
  static let turnaround = Interval.milliseconds(200)

  /// Sends a request and waits for no answer: switching off on a line that is not trusted, even one that seems dead.
  public func sendSafe(unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) {
    if let problem = request.problem { throw failure(.notSent, unit, request, problem) }
    try await send(unit, request)
    // Whatever answers to this belongs to no question.
    if case .ready = state { state = .desynchronised("'\(request)' was sent without waiting for its answer") }
  }

  /// Listens until the line was silent for as long as the device may take, then asks a question whose answer is
  /// known.
  ///
  /// - Parameter proof: Reads something that cannot change and compares; false or an error: not proven.
  public func resynchronise(_ proof: () async throws(ModbusError) -> Bool) async throws(ModbusError) {
    let probe = ModbusRequest.readHoldingRegisters(address: 0, count: 1)
    if case .dead(let why) = state { throw failure(.closed, 0, probe, "the link is gone: \(why)") }
    try await settle(0, probe)
    state = .ready
    let cause = "the device did not tell what it told before"
    do throws(ModbusError) {
      if try await proof() { return }
    } catch {
      if state == .ready { state = .desynchronised(error.cause) }
      throw error
    }
    state = .desynchronised(cause)
    throw failure(.desynchronised, 0, probe, cause)
  }

  public func close() {
    port.close()
    state = .dead("it was closed by this program")
  }

  // MARK: one attempt

  private func once(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) -> ModbusReply {
    try await refuseStale(unit, request)
    try await send(unit, request)
    let body = try await receive(unit, request)
    let reply: ModbusReply
    do throws(ModbusReplyProblem) { reply = try ModbusReply(bytes: body, to: request) } catch {
      throw failure(.malformed, unit, request, error.description, bytes: body)
    }
    if case .refused(let exception) = reply {
      throw failure(
        .refused(exception), unit, request, "the device refuses: \(exception)", advice: exception.advice)
    }
    return reply
  }

  private func permit(_ unit: UInt8, _ request: ModbusRequest) throws(ModbusError) {
    switch state {
    case .ready: break
    case .desynchronised(let why):
      throw failure(
        .desynchronised, unit, request, "the line is not trusted since \(why)",
        advice: "Make the rig safe and open the device again")
    case .dead(let why): throw failure(.closed, unit, request, "the link is gone: \(why)")
    }
    if let problem = request.problem { throw failure(.notSent, unit, request, problem) }
    guard !isBusy else { throw failure(.notSent, unit, request, "another exchange is under way") }
  }

  private func send(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) {
    if framing == .rtu, world.now < lineFree { try await pause(lineFree - world.now, unit, request) }
    statistics.requests += 1
    transaction &+= 1
    let bytes =
      framing == .rtu
      ? RTUFrame.bytes(unit: unit, request.bytes)
      : TCPFrame.bytes(transaction: transaction, unit: unit, request.bytes)
    do throws(PortError) {
      try await port.send(bytes, deadline: world.now + timing.sendWithin)
    } catch { throw portFailure(error, unit, request) }
    lineFree = world.now + timing.gap
  }

  /// Function and data of the answer, unit and wrapping checked.
  private func receive(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) -> [UInt8] {
    let deadline = world.now + timing.answerWithin
    while true {
      if let body = try framing == .rtu ? serialAnswer(unit, request) : tcpAnswer(unit, request) {
        return body
      }
      do throws(PortError) {
        buffer += try await port.receive(deadline: deadline)
      } catch {
        let seen = buffer
        throw portFailure(error, unit, request, bytes: seen)
      }
      lineFree = world.now + timing.gap
    }
  }

  private func serialAnswer(_ unit: UInt8, _ request: ModbusRequest) throws(ModbusError) -> [UInt8]? {
    guard let length = RTUFrame.answerLength(buffer, to: request), buffer.count >= length else { return nil }
    let frame = buffer
    buffer = []
    func bad(_ cause: String) -> ModbusError {
      failure(
        .malformed, unit, request, cause,
        advice: "Check baud rate, parity, termination and who else talks there",
        bytes: frame)
    }
    guard frame.count == length else { throw bad("\(frame.count - length) bytes more than an answer has") }
    guard RTUFrame.isWhole(frame) else { throw bad("the checksum of the answer is wrong") }
    guard frame[0] == unit else { throw bad("unit \(frame[0]) answered, asked was unit \(unit)") }
    return Array(frame[1..<(length - 2)])
  }

  /// Answers to earlier transactions are dropped: that is what the number is for.
  private func tcpAnswer(_ unit: UInt8, _ request: ModbusRequest) throws(ModbusError) -> [UInt8]? {
    while true {
      let seen = buffer
      let frame: TCPFrame.Frame?
      do throws(ModbusReplyProblem) { frame = try TCPFrame.take(from: &buffer) } catch {
        buffer = []
        throw failure(.malformed, unit, request, error.description, bytes: seen)
      }
      guard let frame else { return nil }
      guard frame.transaction == transaction else {
        statistics.discarded += 1
        continue
      }
      guard frame.unit == unit else {
        throw failure(
          .malformed, unit, request, "unit \(frame.unit) answered, asked was \(unit)", bytes: seen)
      }
      return frame.body
    }
  }

  // MARK: silence

  /// On a serial line whatever waits before a request belongs to no question of ours.
  private func refuseStale(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) {
    do throws(PortError) { buffer += try await port.receive(deadline: world.now) } catch {
      if error.code != .deadline { throw portFailure(error, unit, request) }
    }
    guard framing == .rtu, !buffer.isEmpty else { return }
    let seen = buffer
    buffer = []
    throw failure(.malformed, unit, request, "bytes waited before the request was sent", bytes: seen)
  }

  /// Drops what comes until nothing came for as long as the device may take; bounded.
  private func settle(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) {
    buffer = []
    let quiet = framing == .rtu ? timing.latest : timing.gap
    let end = world.now + quiet * 5
    while world.now < end {
      do throws(PortError) { _ = try await port.receive(deadline: world.now + quiet) } catch {
        if error.code == .deadline { return }
        let failure = portFailure(error, unit, request)
        if failure.code == .closed { state = .dead(failure.cause) }
        throw failure
      }
    }
    state = .desynchronised("the line never fell silent")
    throw failure(.desynchronised, unit, request, "the line never fell silent")
  }

  private func pause(_ time: Interval, _ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) {
    do { try await world.sleep(for: time) } catch { throw failure(.stopped, unit, request, "\(error)") }
  }

  // MARK: failures

  func failure(
    _ code: ModbusError.Code, _ unit: UInt8, _ request: ModbusRequest, _ cause: String, advice: String = "",
    bytes: [UInt8] = []
  ) -> ModbusError {
    ModbusError(
      code, attempted: "\(request) of unit \(unit)", port: port.address.description, cause: cause,
      advice: advice,
      bytesSeen: bytes)
  }

  private func portFailure(
    _ error: PortError, _ unit: UInt8, _ request: ModbusRequest, bytes: [UInt8] = []
  ) -> ModbusError {
    buffer = []
    let cause = error.cause.isEmpty ? error.code.rawValue : error.cause
    switch error.code {
    case .deadline:
      let advice =
        framing == .rtu
        ? "Check power, unit number, baud rate, parity, the wires A and B, and the direction control of the adapter"
        : "Check power, unit number and whether the device allows Modbus TCP"
      return failure(
        .noAnswer, unit, request, bytes.isEmpty ? "no answer came" : "the answer broke off", advice: advice,
        bytes: bytes)
    case .stopped: return failure(.stopped, unit, request, cause)
    case .malformed, .busy: return failure(.malformed, unit, request, cause, advice: error.advice)
    case .closed, .refused, .notFound, .permission, .badAddress, .unsupported:
      return failure(.closed, unit, request, cause, advice: error.advice)
    }
  }
}
