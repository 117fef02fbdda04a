/// An instant of a world's monotonic clock: nanoseconds since the world began. Never a calendar date.
@frozen
public struct WorldInstant: Hashable, Comparable, Sendable, Codable {
  public var nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static let start = WorldInstant(nanoseconds: 0)
  public static let distantFuture = WorldInstant(nanoseconds: .max)

  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  public static func - (a: Self, b: Self) -> Interval { Interval(nanoseconds: a.nanoseconds - b.nanoseconds) }
  /// Saturates at `distantFuture`.
  public static func + (a: Self, b: Interval) -> Self {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    return Self(nanoseconds: overflow ? .max : sum)
  }
  public static func - (a: Self, b: Interval) -> Self { Self(nanoseconds: a.nanoseconds - b.nanoseconds) }
  /// Seconds since the world began.
  public var seconds: Double { Double(nanoseconds) / 1e9 }
}

/// A length of world time in whole nanoseconds.
@frozen
public struct Interval: Hashable, Comparable, Sendable, Codable {
  public var nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// Rounds to the nearest nanosecond; saturates.
  public init(seconds: Double) {
    let ns = (seconds * 1e9).rounded()
    nanoseconds = ns >= 9.2e18 ? .max : ns <= -9.2e18 ? .min : ns.isNaN ? 0 : Int64(ns)
  }
  public static let zero = Interval(nanoseconds: 0)
  public static func seconds(_ x: Double) -> Self { Self(seconds: x) }
  public static func milliseconds(_ x: Double) -> Self { Self(seconds: x * 1e-3) }
  public static func microseconds(_ x: Double) -> Self { Self(seconds: x * 1e-6) }
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  public static func + (a: Self, b: Self) -> Self { Self(nanoseconds: a.nanoseconds + b.nanoseconds) }
  public static func - (a: Self, b: Self) -> Self { Self(nanoseconds: a.nanoseconds - b.nanoseconds) }
  public static func * (a: Self, k: Double) -> Self { Self(seconds: a.seconds * k) }
  public var seconds: Double { Double(nanoseconds) / 1e9 }
}
