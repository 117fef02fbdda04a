import Glibc
import Ports

/// The real world: the kernel's clock and the ports of this computer.
///
/// This version opens TCP and HiSLIP connections, serial and digital lines, USB instruments, Bluetooth adapters and CAN
/// buses; every other kind of port is refused by name.
public final class LinuxWorld: World {
  let executor: LinuxExecutor
  public let calendarStart: String
  /// Made when the first USB instrument is opened.
  lazy var usb = USBHost(executor: executor)

  init(executor: LinuxExecutor) {
    self.executor = executor
    calendarStart = LinuxClock.calendarText()
  }

  /// Builds a world, runs `body` in it and returns what `body` returned. The calling thread belongs to the world
  /// until then.
  ///
  /// - Parameter takesSignals: Ctrl-C, SIGTERM, SIGHUP and SIGQUIT become stop requests, SIGPIPE harmless, and a crash
  ///   ends the process at once, without a backtrace. One such world per process at a time.
  /// - Throws: what `body` throws; `PortError` when the kernel gives no event loop or no descriptors, or the signals
  ///   are taken.
  public static func run<T: Sendable>(
    takesSignals: Bool = true, _ body: @escaping @Sendable (LinuxWorld) async throws -> T
  ) throws -> T {
    try WorkerThreads.start()
    let executor = try LinuxExecutor(takesSignals: takesSignals)
    defer { executor.stops.release() }
    return try executor.run { try await body(LinuxWorld(executor: executor)) }
  }

  public var now: WorldInstant {
    WorldInstant(nanoseconds: LinuxClock.monotonicNanoseconds() - executor.start)
  }

  /// - Throws: `WorldStopped`, or `CancellationError` when the task was cancelled. Cancelling ends a sleep also
  ///   while stops are held: only the task's owner cancels, and it waits for the sleeper.
  public func sleep(until instant: WorldInstant) async throws {
    if let reason = stopInForce { throw WorldStopped(reason: reason) }
    while now < instant {
      switch await executor.wait(for: .post, until: monotonic(instant), cancellable: true) {
      case .ready, .deadline: continue
      case .stopped: throw WorldStopped(reason: stopRequested ?? "stop")
      case .cancelled: throw CancellationError()
      }
    }
  }

  public var holdStops: Bool {
    get { executor.holdsStops }
    set { executor.holdsStops = newValue }
  }

  /// The first reason; later requests stand in `stopNotes`.
  public var stopRequested: String? { executor.stops.first }

  /// Every request to stop, oldest first: an operator's second Ctrl-C during the safe state is seen here and
  /// changes nothing else.
  public var stopNotes: [StopNote] { executor.stops.all }

  /// For threads outside the world.
  public var stopHandle: StopHandle { StopHandle(executor: executor) }

  public func openStream(
    _ address: PortAddress, deadline: WorldInstant
  ) async throws(PortError) -> any StreamPort {
    switch address.scheme {
    case .tcp:
      return try await TCPOpening(address: address, port: address.number!, world: self).open(
        deadline: deadline)
    case .serial: return try SerialOpening(address: address, world: self).open()
    case .terminal: return try TerminalOpening(address: address, world: self).open()
    case .hislip, .usb, .gpio, .ble, .can, .hand, .sim:
      throw Self.refused(address, attempted: "open a byte stream", kind: Self.kind(address.scheme))
    }
  }

  public func openMessages(
    _ address: PortAddress, deadline: WorldInstant
  ) async throws(PortError) -> any MessagePort {
    if address.scheme == .hislip {
      return try await HiSLIPPort.open(address, world: self, deadline: deadline)
    }
    if address.scheme == .usb {
      return try await USBOpening(address: address, world: self).open(deadline: deadline)
    }
    throw Self.refused(address, attempted: "open a message port", kind: Self.kind(address.scheme))
  }

  public func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort {
    guard address.scheme != .sim else { throw Self.simulated(address) }
    return try LineOpening(address: address, configuration: configuration, world: self).open()
  }

  public func openRadio(
    _ address: PortAddress, deadline: WorldInstant
  ) async throws(PortError) -> any RadioPort {
    guard address.scheme == .ble else {
      throw Self.refused(address, attempted: "open a radio", kind: Self.kind(address.scheme))
    }
    return try await BlueZOpening(address: address, world: self).open(deadline: deadline)
  }
}

extension LinuxWorld {
  /// The reason for which waits must end now; nil while stops are held.
  var stopInForce: String? { executor.holdsStops ? nil : executor.stops.first }

  /// The kernel's reading of the monotonic clock at `instant`; saturates.
  func monotonic(_ instant: WorldInstant) -> Int64 {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(executor.start)
    return overflow ? .max : sum
  }

  /// A port's wait. While stops are held a cancelled task's exchange still runs to its end or its deadline: what
  /// makes the rig safe must not be cut short by a sibling's error.
  func wait(for awaited: Awaited, until deadline: WorldInstant) async -> WaitEnd {
    await executor.wait(for: awaited, until: monotonic(deadline), cancellable: !holdStops)
  }

  /// The error for a port whose wait ended without what it waited for.
  func failure(
    _ end: WaitEnd, attempted: String, port: PortAddress, cause: String, advice: String
  ) -> PortError {
    switch end {
    case .stopped:
      PortError(.stopped, attempted: attempted, port: port.description, cause: stopRequested ?? "stop")
    case .cancelled:
      PortError(.stopped, attempted: attempted, port: port.description, cause: "the task was cancelled")
    case .ready, .deadline:
      PortError(.deadline, attempted: attempted, port: port.description, cause: cause, advice: advice)
    }
  }

  static func refused(_ address: PortAddress, attempted: String, kind: String) -> PortError {
    guard address.scheme != .sim else { return simulated(address) }
    return PortError(
      .unsupported, attempted: attempted, port: address.description,
      cause: "this version drives TCP, serial and USB instruments only, not \(kind)",
      advice: "Use an instrument with a TCP, serial or USB interface, or run this rig in the simulated world")
  }

  private static func simulated(_ address: PortAddress) -> PortError {
    PortError(
      .badAddress, attempted: "open a simulated instrument", port: address.description,
      cause: "sim:// addresses exist in the simulated world only",
      advice: "Run the rig in the simulated world, or give the instrument's real address")
  }

  private static func kind(_ scheme: PortAddress.Scheme) -> String {
    switch scheme {
    case .tcp: "TCP"
    case .hislip: "messages over LAN (HiSLIP)"
    case .serial: "a serial line"
    case .usb: "USB messages (USBTMC)"
    case .gpio: "digital lines (GPIO)"
    case .ble: "Bluetooth low energy"
    case .can: "CAN"
    case .terminal: "a terminal"
    case .hand: "an instrument that a person reads"
    case .sim: "the simulation"
    }
  }
}
