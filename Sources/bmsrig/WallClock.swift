import Foundation

/// The computer's date and time, for what is written down outside a run. Runs take theirs from their world.
enum WallClock {
  /// ISO 8601 UTC, to the second.
  static var now: String { text([.withInternetDateTime]) }

  /// ISO 8601, UTC's day.
  static var today: String { text([.withFullDate]) }

  private static func text(_ options: ISO8601DateFormatter.Options) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = options
    return formatter.string(from: Date())
  }
}
