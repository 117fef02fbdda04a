import Ports

/// A world that plays the ports of a recorded run: every answer is the recorded one, at the recorded time.
///
/// Nothing is simulated behind the ports. What the program sends has no effect; it is for others to compare it with
/// what was sent then. The clock runs as in a simulated world, and is never behind the record: what was sent at an
/// instant is taken at that instant.
public final class PlayedWorld: World {
  /// Later than its deadline a recorded answer may come and still belong to the same call: a real clock is read after
  /// the answer was taken.
  static let grace = Interval.milliseconds(100)

  public let calendarStart: String
  public var holdStops = false
  public private(set) var stopRequested: String?
  private let executor = SimulationExecutor()
  private var links: [String: PlayedLink] = [:]
  private let guardian: PlayedGuard

  /// - Parameters:
  ///   - scripts: By the description of the port's address.
  ///   - guardian: Who watched the recorded run.
  ///   - breaksOff: The recorded run was cut short: behind the end of the record every port is closed.
  public init(
    scripts: [String: [PlayedEntry]], guardian: PlayedGuard, breaksOff: Bool, calendarStart: String
  ) {
    self.guardian = guardian
    self.calendarStart = calendarStart
    links = scripts.mapValues { PlayedLink($0, breaksOff: breaksOff) }
  }

  public func run<T>(_ body: @escaping () async throws -> T) throws -> T { try executor.run(body) }
  public var now: WorldInstant { executor.now }

  public func sleep(until instant: WorldInstant) async throws {
    while true {
      if !holdStops {
        if let stopRequested { throw WorldStopped(reason: stopRequested) }
        try Task.checkCancellation()
      }
      guard now < instant else { return }
      await executor.pause(until: instant, cancellable: !holdStops)
    }
  }

  public func requestStop(reason: String) {
    if stopRequested == nil { stopRequested = reason }
    executor.wakeEverybody()
  }

  /// Lets something happen at an instant, before any task sees it.
  public func schedule(at instant: WorldInstant, _ action: @escaping () -> Void) {
    executor.schedule(at: instant, action)
  }

  func checkStop(_ attempted: String, _ port: String) throws(PortError) {
    guard !holdStops else { return }
    if let stopRequested { throw PortError(.stopped, attempted: attempted, port: port, cause: stopRequested) }
    if Task.isCancelled {
      throw PortError(.stopped, attempted: attempted, port: port, cause: "the task was cancelled")
    }
  }

  /// Waits until `due` names an instant that has come.
  func wait(
    until deadline: WorldInstant, _ attempted: String, _ port: String, due: @escaping () -> WorldInstant?
  ) async throws(PortError) {
    while true {
      try checkStop(attempted, port)
      if let instant = due(), instant <= now { return }
      guard now < deadline else {
        throw PortError(
          .deadline, attempted: attempted, port: port, cause: "nothing came before the deadline",
          advice: "check power, cable and address of what is at the other end")
      }
      await executor.pause(until: deadline, cancellable: !holdStops, due: due)
    }
  }

  /// What a port gives when asked to wait: the next thing in the record, unless that is too late for the deadline.
  ///
  /// - Parameter isStrict: What came behind the deadline belongs to a later call. False where each call that ended at
  ///   its deadline is in the record itself.
  func next(
    of link: PlayedLink, deadline: WorldInstant, isStrict: Bool, _ attempted: String, _ port: String
  ) async throws(PortError) -> PlayedEntry {
    let isLook = deadline <= now
    if !isLook, link.next == nil, link.breaksOff {
      throw PortError(.closed, attempted: attempted, port: port, cause: "the record ends here")
    }
    let limit = isLook || isStrict ? deadline : deadline + Self.grace
    let due = { () -> WorldInstant? in
      guard let next = link.next else { return nil }
      let instant = isStrict ? next.arrived : next.at
      return instant <= limit ? instant : nil
    }
    // A call that waits in vain ends at its own deadline.
    try await wait(until: due() == nil ? deadline : max(deadline, limit), attempted, port, due: due)
    try checkStop(attempted, port)
    guard let entry = link.next else {
      throw PortError(.closed, attempted: attempted, port: port, cause: "the record ends here")
    }
    link.take()
    if case .problem(let error) = entry.content { throw error }
    return entry
  }

  /// Takes something sent at the instant it was sent in the recorded run, if that is still to come.
  func send(_ link: PlayedLink, _ attempted: String, _ port: String) async throws(PortError) {
    try checkStop(attempted, port)
    if let recorded = link.nextOutgoing?.at, recorded > now, recorded - now <= Self.grace {
      await executor.pause(until: recorded, cancellable: false)
    }
    if let error = link.send() { throw error }
  }

  // MARK: Opening

  public func openGuard(_ plan: String, deadline: WorldInstant) async throws(PortError) -> any GuardPort {
    guardian
  }

  private func link(_ address: PortAddress, _ attempted: String) throws(PortError) -> PlayedLink {
    try checkStop(attempted, address.description)
    guard let link = links[address.description] else {
      throw PortError(
        .notFound, attempted: attempted, port: address.description,
        cause: "the record has nothing of this port",
        advice: "use the rig file of the run")
    }
    if let error = link.open() { throw error }
    return link
  }

  public func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any StreamPort
  {
    let link = try link(address, "open a byte stream")
    return PlayedStream(world: self, address: address, link: link)
  }

  public func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any MessagePort
  {
    let link = try link(address, "open a message port")
    return PlayedMessages(world: self, address: address, link: link)
  }

  public func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort {
    let link = try link(address, "open a bank of lines")
    return PlayedLines(world: self, address: address, link: link)
  }

  public func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any RadioPort
  {
    let link = try link(address, "open a radio")
    return PlayedRadio(world: self, address: address, link: link)
  }

  public func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    let link = try link(address, "listen to a CAN bus")
    return PlayedBus(world: self, address: address, link: link)
  }
}
