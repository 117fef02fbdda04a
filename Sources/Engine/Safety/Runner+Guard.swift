import Model
import Ports

/// The guard's place in a run: armed before anything is energised, fed by the cycle, released after the safe state.
extension Runner {
  /// How long a guard that takes over may work.
  static let handOverLimit = Interval.seconds(60)
  static let releaseLimit = Interval.seconds(2)

  func startGuard() async throws {
    if opener.refusedGuard {
      recorder.refusePass("no guard watched this run")
      recorder.record(
        .note(step: "", text: "no guard watches this run: it was refused, and the run cannot pass"))
    }
    guard let cycle, let line = try await opener.startGuard(run: plan.header.run) else { return }
    guardLine = line
    recorder.record(.note(step: "", text: "the guard is armed: \(line.words)"))
    cycle.feed { try await line.beat() }
  }

  /// After the ports were closed.
  func endGuard(confirmed: Bool) async {
    guard let line = guardLine else { return }
    guardLine = nil
    do throws(PortError) {
      if confirmed {
        try await line.release(deadline: world.now + Self.releaseLimit)
      } else {
        let (words, isSafe) = try await line.handOver(deadline: world.now + Self.handOverLimit)
        recorder.record(
          .rigError(
            step: "", instrument: "guard",
            message: isSafe ? "took over and confirms the safe state: \(words)" : "took over: \(words)"))
      }
    } catch {
      recorder.record(.rigError(step: "", instrument: "guard", message: error.description))
    }
    line.close()
  }
}
