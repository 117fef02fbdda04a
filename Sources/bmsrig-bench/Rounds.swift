import Foundation
import Glibc

/// What one thing cost in one round.
struct RoundCost {
  /// Things a second.
  var perSecond: Double
  /// Processor time of whoever did them, for one.
  var cpuMicroseconds: Double
}

/// The same work several times, after one round that warms up and does not count.
struct Rounds {
  static let count = 5
  let costs: [RoundCost]

  /// - Parameter round: Does the work and says what it cost.
  init(_ round: () throws -> RoundCost) rethrows {
    _ = try round()
    costs = try (0..<Self.count).map { _ in try round() }
  }

  /// What one of `Programs/` prints: a line per round, the warm-up's first, with things a second and microseconds each.
  init?(lines: [Substring]) {
    let numbers = lines.map { $0.split(separator: " ").compactMap { Double($0) } }
    guard numbers.count == Self.count + 1, numbers.allSatisfy({ $0.count >= 2 }) else { return nil }
    costs = numbers.dropFirst().map { RoundCost(perSecond: $0[0], cpuMicroseconds: $0[1]) }
  }

  var median: RoundCost {
    RoundCost(
      perSecond: Self.median(costs.map(\.perSecond)),
      cpuMicroseconds: Self.median(costs.map(\.cpuMicroseconds)))
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// Seconds of processor time of the calling thread so far.
  static func threadSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(1), &usage)  // RUSAGE_THREAD
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// Seconds of a clock that nobody sets.
  static func clockSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Two medians beside each other.
struct Comparison {
  let title: String
  /// Of what, e.g. `frames`.
  let unit: String
  let ours: Rounds
  /// Whose, and what it cost them; nil where their program is not installed.
  let theirs: (name: String, rounds: Rounds)?

  /// At once, also through a pipe.
  func printLine() {
    defer { fflush(nil) }
    let text = "\(title): \(words(ours.median))"
    guard let theirs else { return print("\(text); `make bench` measures others beside it") }
    let other = theirs.rounds.median
    let rate = other.perSecond > 0 ? ours.median.perSecond / other.perSecond : 0
    let cpu = ours.median.cpuMicroseconds > 0 ? other.cpuMicroseconds / ours.median.cpuMicroseconds : 0
    print(
      "\(text) | \(theirs.name): \(words(other)) | ratio \(fixed(rate, 1)) in rate, \(fixed(cpu, 1)) in CPU")
  }

  private func words(_ cost: RoundCost) -> String {
    let digits = cost.cpuMicroseconds < 10 ? 2 : 1
    return "\(fixed(cost.perSecond, 0)) \(unit)/s, \(fixed(cost.cpuMicroseconds, digits)) µs CPU each"
  }
}

/// One of the small programs that do the same with somebody else's library.
enum OtherProgram {
  /// From the root of the repository, where the bench runs.
  private static let folder = "Tests/Strangers/Programs/"

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs one to its end.
  /// - Returns: its lines; nil when BMSRIG_PYTHON names no Python.
  /// - Throws: when it did not end well; what it complained of stands on standard error.
  static func lines(_ name: String, _ arguments: [String]) throws -> [Substring]? {
    guard let python = ProcessInfo.processInfo.environment["BMSRIG_PYTHON"] else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [folder + name] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(name) ended with \(process.terminationStatus)")
    }
    return text.split(separator: "\n")
  }

  /// The rounds it prints.
  /// - Parameter sum: Of all values, printed behind the rounds: both sides must have found the same.
  static func rounds(
    _ name: String, _ arguments: [String], of whom: String, sum: (ours: Double, tolerance: Double)? = nil
  ) throws -> (name: String, rounds: Rounds)? {
    guard var lines = try lines(name, arguments) else { return nil }
    if let sum {
      let found = lines.popLast().flatMap { Double($0) } ?? .nan
      guard abs(found - sum.ours) <= sum.tolerance else {
        throw Failure(description: "\(name) found other values: their sum is \(found), ours \(sum.ours)")
      }
    }
    guard let rounds = Rounds(lines: lines) else {
      throw Failure(description: "\(name) printed \(lines.count) lines that are no rounds")
    }
    return (whom, rounds)
  }
}
