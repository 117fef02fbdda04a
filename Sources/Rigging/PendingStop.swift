import Synchronization

/// A stop that a signal handler asked for, seen by the run between two events.
public enum PendingStop {
  private static let signal = Atomic<Int32>(0)

  /// Safe to call from a signal handler.
  public static func note(signal number: Int32) { signal.store(number, ordering: .relaxed) }

  /// Why a stop is asked for; nil while nobody did.
  public static var reason: String? {
    switch signal.load(ordering: .relaxed) {
    case 0: nil
    case 2: "Ctrl-C"
    case 15: "terminated (SIGTERM)"
    case 1: "terminal closed (SIGHUP)"
    case 3: "quit (SIGQUIT)"
    case let number: "signal \(number)"
    }
  }
}
