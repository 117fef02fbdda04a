import Ports
import Testing

@testable import Simulation

@Suite struct SimulationExecutorTests {
  /// Children with seeded waits, nested groups and an early exit; answers the order of everything that happened.
  static func trace(seed: UInt64) throws -> [String] {
    let executor = SimulationExecutor()
    let log = Log()
    return try executor.run {
      var random = SeededRandom(seed: seed)
      let delays = (0..<12).map { _ in random.next() % 1_000_000 }
      await withTaskGroup(of: Void.self) { group in
        for (n, delay) in delays.enumerated() {
          group.addTask {
            for round in 1...3 {
              try? await executor.sleep(
                until: executor.now + Interval(nanoseconds: Int64(delay) * Int64(round)))
              log.add("\(n).\(round) at \(executor.now.nanoseconds)")
            }
            async let left: Void = executor.sleep(until: executor.now + .microseconds(3))
            async let right: Void = executor.sleep(until: executor.now + .microseconds(2))
            _ = try? await (left, right)
            log.add("\(n) joined at \(executor.now.nanoseconds)")
          }
        }
        await group.next()
        log.add("first at \(executor.now.nanoseconds)")
      }
      return log.lines
    }
  }

  @Test func `the same seed gives the same order of events, another seed another one`() throws {
    var seen: Set<[String]> = []
    for seed in 1...60 as ClosedRange<UInt64> {
      let first = try Self.trace(seed: seed)
      #expect(first.count == 12 * 4 + 1)
      for _ in 0..<5 { #expect(try Self.trace(seed: seed) == first) }
      seen.insert(first)
    }
    #expect(seen.count == 60)
  }

  @Test func `waits end in order of time, equal ones in order of arrival`() throws {
    let executor = SimulationExecutor()
    let log = Log()
    try executor.run {
      await withTaskGroup(of: Void.self) { group in
        for (n, milliseconds) in [5.0, 1, 3, 3, 0, 5, 3].enumerated() {
          group.addTask {
            try? await executor.sleep(until: .start + .milliseconds(milliseconds))
            log.add("\(n)")
          }
        }
      }
    }
    #expect(log.lines == ["4", "1", "2", "3", "6", "0", "5"])
    #expect(executor.now == .start + .milliseconds(5))
  }

  @Test func `a wait for nothing is reported, not hung`() {
    let executor = SimulationExecutor()
    #expect(throws: SimulationDeadlock.self) {
      try executor.run {
        try await executor.sleep(until: .start + .seconds(3))
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      }
    }
    #expect(executor.now.seconds == 3)
    #expect(throws: SimulationDeadlock.self) {
      try SimulationExecutor().run { try await SimulationExecutor().sleep(until: .distantFuture) }
    }
  }

  @Test func `a plant that moves for ever does not hide that nobody wakes`() {
    let executor = SimulationExecutor()
    let plant = Ticker(every: .seconds(86_400))
    executor.plant = plant
    #expect(throws: SimulationDeadlock.self) {
      try executor.run { try await executor.sleep(until: .distantFuture) }
    }
  }

  @Test func `the plant stands at the instant that a task sees`() throws {
    let executor = SimulationExecutor()
    let plant = Ticker(every: .milliseconds(7))
    executor.plant = plant
    try executor.run {
      for n in 1...50 {
        try await executor.sleep(until: .start + .milliseconds(Double(n) * 10))
        #expect(plant.now == executor.now)
        #expect(plant.ticks == n * 10 / 7)
      }
    }
  }

  @Test func `a condition wakes a waiter at its instant although it was unknown when the wait began`() throws
  {
    let executor = SimulationExecutor()
    let plant = Ticker(every: .milliseconds(10))
    executor.plant = plant
    try executor.run {
      await executor.pause(until: .start + .seconds(5), cancellable: true) {
        plant.ticks >= 3 ? .start + .milliseconds(37) : nil
      }
    }
    #expect(executor.now == .start + .milliseconds(37))
  }

  @Test func `cancelling a task ends its wait at once`() throws {
    let executor = SimulationExecutor()
    try executor.run {
      await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          do {
            try await executor.sleep(until: .start + .seconds(100))
            return false
          } catch { return error is CancellationError }
        }
        try? await executor.sleep(until: .start + .seconds(1))
        group.cancelAll()
        #expect(await group.next() == true)
      }
    }
    #expect(executor.now.seconds == 1)
  }

  @Test func `scheduled actions run at their instant, before waits that began later`() throws {
    let executor = SimulationExecutor()
    let log = Log()
    executor.schedule(at: .start + .seconds(2)) { log.add("action at \(executor.now.seconds)") }
    try executor.run {
      try await executor.sleep(until: .start + .seconds(2))
      log.add("task")
    }
    #expect(log.lines == ["action at 2.0", "task"])
  }

  @Test func `a job from another thread ends the process instead of making runs differ`() async {
    await #expect(processExitsWith: .failure) {
      // Errors are swallowed: only the trap itself ends the process with a failure.
      let executor = SimulationExecutor()
      try? executor.run {
        await withTaskGroup(of: Void.self) { group in
          // A sleep too short for the kernel may end without leaving the thread.
          for _ in 0..<8 { group.addTask { try? await Task.sleep(nanoseconds: 2_000_000) } }
          for _ in 0..<1_000_000 { try? await executor.sleep(until: executor.now + .milliseconds(1)) }
        }
      }
    }
  }

  @Test func `a simulation inside another one keeps to itself`() throws {
    let outer = SimulationExecutor()
    try outer.run {
      try await outer.sleep(until: .start + .seconds(1))
      let inner = SimulationExecutor()
      try inner.run { try await inner.sleep(until: .start + .seconds(50)) }
      try await outer.sleep(until: .start + .seconds(2))
      #expect(inner.now.seconds == 50)
    }
    #expect(outer.now.seconds == 2)
  }

  @Test func `many waits that end early do not pile up or disturb the order`() throws {
    let executor = SimulationExecutor()
    let log = Log()
    try executor.run {
      for n in 0..<500 {
        await withTaskGroup(of: Void.self) { group in
          group.addTask { try? await executor.sleep(until: .start + .seconds(9_999)) }
          try? await executor.sleep(until: executor.now + .milliseconds(1))
          group.cancelAll()
        }
        if n % 100 == 99 { log.add("\(executor.now.nanoseconds)") }
      }
    }
    #expect(log.lines == ["100000000", "200000000", "300000000", "400000000", "500000000"])
  }
}

/// Lines written by tasks of one executor, which share a thread.
final class Log: @unchecked Sendable {
  private(set) var lines: [String] = []
  func add(_ line: String) { lines.append(line) }
}

/// A plant that ticks.
final class Ticker: SimulatedPlant {
  private let period: Interval
  private(set) var ticks = 0
  private(set) var now = WorldInstant.start
  init(every period: Interval) { self.period = period }
  var nextEvent: WorldInstant? {
    WorldInstant(nanoseconds: period.nanoseconds * Int64(ticks + 1))
  }
  func advance(to instant: WorldInstant) {
    while let next = nextEvent, next <= instant { ticks += 1 }
    now = instant
  }
}
