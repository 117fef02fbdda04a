import Ports

/// Ends a transfer that one side gave up, so that both sides agree again where the next one begins.
struct USBTMCAborting: USBTMCExchange {
  /// Between two questions whether it is done.
  static let pause = Interval.milliseconds(50)
  static let roundsMax = 100
  /// How long the rest of an abandoned answer is waited for.
  static let restPatience = Interval.milliseconds(300)

  private enum State { case start, begun, draining, checking, pausing, clearing }

  let pipe: USBPipe
  let tag: UInt8
  let interface: USBTMCInterface
  private var state = State.start
  private var rounds = 0

  init(_ pipe: USBPipe, tag: UInt8, interface: USBTMCInterface) {
    self.pipe = pipe
    self.tag = tag
    self.interface = interface
  }

  private var words: String { pipe == .incoming ? "give up an answer" : "give up a command" }

  mutating func next(_ event: USBTMCEvent?) throws(USBTMCFault) -> USBTMCAction? {
    rounds += 1
    guard rounds <= Self.roundsMax else { throw .neverEnds(words) }
    switch (state, event) {
    case (.start, _):
      state = .begun
      return .control(interface.control(pipe == .incoming ? .initiateAbortIn : .initiateAbortOut, value: tag))
    case (.begun, .bytes(let reply)): return try begun(reply.first)
    case (.draining, .bytes(let bytes)) where bytes.count == drainCapacity: return drain()
    case (.draining, _): return check()
    case (.checking, .bytes(let reply)): return try checked(reply)
    case (.pausing, _): return check()
    case (.clearing, _): return nil
    case (.begun, _), (.checking, _): throw .refused(words)
    }
  }

  private mutating func begun(_ status: UInt8?) throws(USBTMCFault) -> USBTMCAction? {
    switch status {
    case USBTMCStatus.success: return pipe == .incoming ? drain() : check()
    // It knows of no such transfer: nothing is left to give up.
    case USBTMCStatus.failed, USBTMCStatus.notInProgress: return finish()
    default: throw .refused(words)
    }
  }

  private mutating func checked(_ reply: [UInt8]) throws(USBTMCFault) -> USBTMCAction? {
    switch reply.first {
    case USBTMCStatus.success: return finish()
    case USBTMCStatus.pending:
      if pipe == .incoming, reply.count > 1, reply[1] & 1 != 0 { return drain() }
      state = .pausing
      return .pause(Self.pause)
    default: throw .refused(words)
    }
  }

  private mutating func check() -> USBTMCAction {
    state = .checking
    return .control(interface.control(pipe == .incoming ? .checkAbortIn : .checkAbortOut))
  }

  private var drainCapacity: Int { interface.packetSize * 64 }

  private mutating func drain() -> USBTMCAction {
    state = .draining
    return .read(capacity: drainCapacity, limit: Self.restPatience)
  }

  private mutating func finish() -> USBTMCAction? {
    guard pipe == .outgoing else { return nil }
    state = .clearing
    return .clearHalt(.outgoing)
  }
}

/// Device clear: the instrument forgets what it received and what it wanted to say.
struct USBTMCClearing: USBTMCExchange {
  private enum State { case start, begun, draining, checking, pausing, clearing }

  let interface: USBTMCInterface
  private var state = State.start
  private var rounds = 0

  init(interface: USBTMCInterface) { self.interface = interface }

  mutating func next(_ event: USBTMCEvent?) throws(USBTMCFault) -> USBTMCAction? {
    rounds += 1
    guard rounds <= USBTMCAborting.roundsMax else { throw .neverEnds("clear itself") }
    switch (state, event) {
    case (.start, _):
      state = .begun
      return .control(interface.control(.initiateClear))
    case (.begun, .bytes(let reply)) where reply.first == USBTMCStatus.success: return check()
    case (.checking, .bytes(let reply)) where reply.first == USBTMCStatus.pending:
      if reply.count > 1, reply[1] & 1 != 0 { return drain() }
      state = .pausing
      return .pause(USBTMCAborting.pause)
    case (.checking, .bytes(let reply)) where reply.first == USBTMCStatus.success:
      state = .clearing
      return .clearHalt(.outgoing)
    case (.draining, .bytes(let bytes)) where bytes.count == drainCapacity: return drain()
    case (.draining, _), (.pausing, _): return check()
    case (.clearing, _): return nil
    case (.begun, _), (.checking, _): throw .refused("clear itself")
    }
  }

  private mutating func check() -> USBTMCAction {
    state = .checking
    return .control(interface.control(.checkClear))
  }

  private var drainCapacity: Int { interface.packetSize * 64 }

  private mutating func drain() -> USBTMCAction {
    state = .draining
    return .read(capacity: drainCapacity, limit: USBTMCAborting.restPatience)
  }
}
