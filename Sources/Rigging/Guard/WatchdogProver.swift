import Capabilities
import Engine
import Model
import Ports

/// Arms what watches by itself, withholds the food and looks whether it acted, for all instruments at the same time.
public struct WatchdogProver {
  /// What came of one instrument.
  public struct Result: Hashable, Sendable {
    public let name: String
    /// nil: the instrument's driver knows no watchdog, or it could not be tried.
    public let proof: WatchdogProof?
    /// Why it could not be tried; empty otherwise.
    public let problem: String
    public var hasWatchdog: Bool { proof != nil || !problem.isEmpty }
    public var isGood: Bool { problem.isEmpty && proof?.tripped ?? true }
  }

  /// What came of the whole rig.
  public struct Outcome: Hashable, Sendable {
    /// In the order of the rig file; empty when it came to no end.
    public var results: [Result] = []
    /// What stood against it, or broke it off: all of it.
    public var faults: [String] = []
    /// A person or an interlock that stopped it, in words.
    public var stop: String?
    /// How the rig was left.
    public var safety: RigSafety
    /// Nothing to trip is nothing proven.
    public var isProven: Bool {
      faults.isEmpty && stop == nil && safety.confirmed && results.contains { $0.hasWatchdog }
        && results.allSatisfy(\.isGood)
    }
  }

  private let rig: ProofRig
  private let world: any World
  /// Between two looks at the interlocks.
  private static let lookEvery = Interval.milliseconds(100)

  /// - Throws: When an address of the rig cannot be read.
  public init(rig: Rig, world: any World) throws(PortError) {
    self.rig = try ProofRig(rig, world: world)
    self.world = world
  }

  /// Opens the rig, proves, makes everything safe and closes it again. Energises nothing unless interlocks are at rest
  /// and contactors read open.
  public func run() async -> Outcome {
    var outcome = Outcome(safety: RigSafety(problems: []))
    do {
      try await rig.open()
      outcome.results = try await prove()
      outcome.stop = world.stopRequested
    } catch {
      outcome.stop = world.stopRequested ?? (error as? WorldStopped)?.reason
      if outcome.stop == nil { outcome.faults = (error as? ProofRefused)?.reasons ?? ["\(error)"] }
    }
    outcome.safety = await rig.leave()
    return outcome
  }

  /// - Throws: `WorldStopped` when an interlock trips meanwhile, and what an unreadable contact throws.
  private func prove() async throws -> [Result] {
    let all = Confined((instruments: rig.working.instruments, bench: rig.working.bench, world: world))
    return try await withThrowingTaskGroup(of: (Int, Result)?.self) { group in
      group.addTask {
        try await Self.watch(all.value.bench, all.value.world)
        return nil
      }
      for index in all.value.instruments.indices {
        let name = all.value.instruments[index].name
        group.addTask { (index, await Self.prove(name, all.value.instruments[index].instrument)) }
      }
      var found: [(Int, Result)] = []
      while found.count < all.value.instruments.count, let next = try await group.next() {
        if let next { found.append(next) }
      }
      group.cancelAll()
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Looks at the interlocks until it is cancelled or one trips.
  private static func watch(_ bench: Bench, _ world: any World) async throws {
    var seen = world.now
    while true {
      let now = world.now
      try await bench.checkInterlocks(since: seen)
      seen = now
      try await world.sleep(for: lookEvery)
    }
  }

  private static func prove(_ name: String, _ instrument: any Instrument) async -> Result {
    guard let watched = instrument as? any WatchdogProving else {
      return Result(name: name, proof: nil, problem: "")
    }
    do throws(InstrumentError) {
      return Result(name: name, proof: try await watched.proveWatchdog(), problem: "")
    } catch {
      // The others may stay silent for a minute.
      _ = await instrument.makeSafe()
      return Result(name: name, proof: nil, problem: error.description)
    }
  }
}
