import CLinuxPorts
import Glibc
import Ports

/// The guard as a process of its own (`bmsrig-guard`), at the other end of a local socket.
final class GuardProcess: GuardPort {
  private let line: DescriptorStream
  private let world: LinuxWorld
  private(set) var words = ""
  private var isSecondBeat = false
  private var unanswered = 0
  private var isReleased = false

  /// Beats that may be under way: a guard that hangs takes them and does not answer.
  private static let unansweredMax = 10
  private static let lineMax = 65_536
  static let port = "guard"
  static let program = "bmsrig-guard"

  private init(_ line: DescriptorStream, world: LinuxWorld) {
    self.line = line
    self.world = world
  }

  /// Starts the program that stands beside this one.
  static func start(_ plan: String, world: LinuxWorld, deadline: WorldInstant) async throws(PortError)
    -> GuardProcess
  {
    let path = try path()
    var mine: Int32 = -1
    var other: Int32 = -1
    let result = clp_socket_pair(&mine, &other)
    guard result == 0 else { throw refused("no socket: \(SystemError.words(-result))") }
    defer { Glibc.close(other) }
    let line = try DescriptorStream(
      mine, kind: .emulatedCable, address: try PortAddress(parsing: "terminal://guard"), world: world)
    var child: Int32 = 0
    let started = clp_spawn_apart(path, other, &child)
    guard started == 0 else {
      line.close()
      throw refused("\(path) does not start: \(SystemError.words(-started))")
    }
    let guardProcess = GuardProcess(line, world: world)
    let bytes = Array(plan.utf8)
    try await line.send(Array("\(getpid()) \(bytes.count)\n".utf8) + bytes, deadline: deadline)
    let answer = try await guardProcess.answer(deadline: deadline)
    guard answer.hasPrefix("ready ") else { throw refused(answer) }
    guardProcess.words = String(answer.dropFirst("ready ".count))
    return guardProcess
  }

  private static func path() throws(PortError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { throw refused("where this program stands cannot be read") }
    let own = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = "\(folder)/\(program)"
    guard access(path, X_OK) == 0 else {
      throw refused("there is no program \(path)", advice: "Install \(program) beside bmsrig")
    }
    return path
  }

  private static func refused(_ cause: String, advice: String = "") -> PortError {
    PortError(.refused, attempted: "start the guard", port: port, cause: cause, advice: advice)
  }

  /// One line of the guard.
  private func answer(deadline: WorldInstant) async throws(PortError) -> String {
    var bytes: [UInt8] = []
    while bytes.last != 0x0A {
      do { bytes += try await line.receive(deadline: deadline) } catch {
        throw named(error, attempted: "hear the guard")
      }
      guard bytes.count < Self.lineMax else { throw gone("its answer has no end") }
    }
    let isEcho: (UInt8) -> Bool = { $0 == GuardSignal.beats.0 || $0 == GuardSignal.beats.1 }
    return String(decoding: bytes.dropLast().drop(while: isEcho), as: UTF8.self)
  }

  func beat() async throws(PortError) {
    guard !isReleased else { return }
    try await hearEchoes()
    guard unanswered < Self.unansweredMax else {
      throw PortError(
        .deadline, attempted: "feed the guard", port: Self.port,
        cause: "it left \(unanswered) beats without an answer",
        advice: "Nobody watches this rig any more: look for a stopped process \(Self.program)")
    }
    let byte = isSecondBeat ? GuardSignal.beats.1 : GuardSignal.beats.0
    do { try await line.send([byte], deadline: world.now + .milliseconds(100)) } catch {
      throw named(error, attempted: "feed the guard")
    }
    isSecondBeat.toggle()
    unanswered += 1
  }

  private func hearEchoes() async throws(PortError) {
    do {
      let bytes = try await line.receive(deadline: world.now)
      unanswered = max(0, unanswered - bytes.count)
    } catch {
      if error.code != .deadline { throw named(error, attempted: "feed the guard") }
    }
  }

  func release(deadline: WorldInstant) async throws(PortError) {
    isReleased = true
    do {
      try await line.send([GuardSignal.release], deadline: deadline)
      while try await line.receive(deadline: deadline).last != GuardSignal.release {}
    } catch { throw named(error, attempted: "release the guard") }
  }

  func handOver(deadline: WorldInstant) async throws(PortError) -> (words: String, confirmed: Bool) {
    isReleased = true
    do { try await line.send([GuardSignal.handOver], deadline: deadline) } catch {
      throw named(error, attempted: "hand over to the guard")
    }
    let answer = try await answer(deadline: deadline)
    let confirmed = "confirmed "
    return answer.hasPrefix(confirmed)
      ? (String(answer.dropFirst(confirmed.count)), true) : (answer, false)
  }

  func close() { line.close() }

  private func gone(_ cause: String) -> PortError {
    PortError(.closed, attempted: "hear the guard", port: Self.port, cause: cause)
  }

  private func named(_ error: PortError, attempted: String) -> PortError {
    let cause = error.code == .closed ? "the guard has ended" : error.cause
    return PortError(
      error.code, attempted: attempted, port: Self.port, cause: cause,
      advice: "Nobody watches this rig any more: start the run again")
  }
}

extension LinuxWorld {
  public func openGuard(_ plan: String, deadline: WorldInstant) async throws(PortError) -> any GuardPort {
    try await GuardProcess.start(plan, world: self, deadline: deadline)
  }

  /// Takes over a stream that whoever started this process has opened, e.g. its standard input.
  public func inherit(_ descriptor: Int32) throws(PortError) -> any StreamPort {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    return try DescriptorStream(
      descriptor, kind: .emulatedCable, address: try PortAddress(parsing: "terminal://inherited"), world: self
    )
  }

  /// Reading of CLOCK_MONOTONIC, nanoseconds, at an instant of this world: the same in every process.
  public func kernelClock(at instant: WorldInstant) -> Int64 { monotonic(instant) }

  /// The calendar now, e.g. `2026-11-22T08:00:00Z`.
  public var calendarNow: String { LinuxClock.calendarText() }
}
