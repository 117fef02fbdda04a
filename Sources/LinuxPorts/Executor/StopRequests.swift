import CLinuxPorts
import Glibc
import Ports
import Synchronization

/// One request to stop.
public struct StopNote: Hashable, Sendable {
  /// In words for the record: "Ctrl-C", "E-stop of the station".
  public let reason: String
  /// When the world noticed.
  public let at: WorldInstant
}

/// Every request to stop, whoever made it: signals of the kernel and other threads of the process.
final class StopRequests: Sendable {
  /// Requests kept. The first one decides; somebody leaning on Ctrl-C must not fill the memory.
  static let noteLimit = 100

  private let notes = Mutex<[StopNote]>([])
  private let start: Int64
  /// Gives one byte per signal; negative while the world leaves signals alone.
  let signals: Int32

  /// - Throws: `.busy` when another world of this process has the signals.
  init(start: Int64, takesSignals: Bool) throws(PortError) {
    self.start = start
    guard takesSignals else {
      signals = -1
      return
    }
    signals = clp_signals_claim()
    guard signals < 0 else { return }
    throw PortError(
      .busy, attempted: "take Ctrl-C and the other stop signals", port: "this process",
      cause: signals == -EBUSY ? "another world has them" : SystemError.words(-signals),
      advice: "Run one world with signals at a time")
  }

  /// Gives the signals back.
  func release() { if signals >= 0 { clp_signals_release() } }

  /// From any thread.
  func add(_ reason: String) {
    let at = WorldInstant(nanoseconds: LinuxClock.monotonicNanoseconds() - start)
    notes.withLock { if $0.count < Self.noteLimit { $0.append(StopNote(reason: reason, at: at)) } }
  }

  /// Everything noted, oldest first, at most `noteLimit`.
  var all: [StopNote] {
    takeSignals()
    return notes.withLock { $0 }
  }

  /// The reason that counts.
  var first: String? {
    takeSignals()
    return notes.withLock { $0.first?.reason }
  }

  /// Looks at the pipe each time, so that code that never waits hears of a stop, too.
  private func takeSignals() {
    guard signals >= 0 else { return }
    while true {
      var bytes: UInt64 = 0
      let count = read(signals, &bytes, MemoryLayout<UInt64>.size)
      guard count > 0 else { return }
      withUnsafeBytes(of: bytes) { for byte in $0.prefix(count) { add(Self.words(Int32(byte))) } }
    }
  }

  private static func words(_ signal: Int32) -> String {
    switch signal {
    case SIGINT: "Ctrl-C"
    case SIGQUIT: "Ctrl-\\"
    case SIGTERM: "told to end by the computer (SIGTERM)"
    case SIGHUP: "the terminal was closed (SIGHUP)"
    default: "signal \(signal)"
    }
  }
}

/// Lets other threads (the station's pages, a guard's connection) ask for a stop.
public struct StopHandle: Sendable {
  let executor: LinuxExecutor

  /// - Parameter reason: words for the record, e.g. "E-stop of the station".
  public func request(_ reason: String) { executor.requestStop(reason) }
}
