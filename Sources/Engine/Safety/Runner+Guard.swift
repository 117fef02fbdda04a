import Model
import Ports

/// How the guard stands in a record, for whoever reads it again.
public enum GuardWords {
  public static let armed = "the guard is armed: "
  public static let refused = "no guard watches this run: it was refused, and the run cannot pass"
  public static let tookOver = "took over: "
  public static let tookOverSafe = "took over and confirms the safe state: "
}

/// The guard's place in a run: armed before anything is energised, fed by the cycle, released after the safe state.
extension Runner {
  /// How long a guard that takes over may work.
  static let handOverLimit = Interval.seconds(60)
  static let releaseLimit = Interval.seconds(2)

  func startGuard() async throws {
    if opener.refusedGuard {
      recorder.record(.note(step: "", text: GuardWords.refused))
    }
    guard let cycle, let line = try await opener.startGuard(run: plan.header.run) else { return }
    guardLine = line
    recorder.record(.note(step: "", text: GuardWords.armed + line.words))
    cycle.feed {
      do { try await line.beat() } catch {
        if (error as? PortError)?.code != .stopped { await self.loseGuard("\(error)") }
        throw error
      }
    }
  }

  /// Nobody would switch off behind this process any more: nothing goes on again, and nothing but the safe state
  /// follows. While stops are held a step may wait for seconds: then OFF is sent from here, again in every cycle until
  /// the run gets to the safe state, as a command of the step may have been on its way.
  private func loseGuard(_ why: String) async {
    let bench = opener.bench
    if bench.lostGuard == nil { bench.lostGuard = why }
    if world.holdStops, !isMakingSafe { await SafeStateSequence(bench: bench).offAtOnce(cells: true) }
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
            message: (isSafe ? GuardWords.tookOverSafe : GuardWords.tookOver) + words))
      }
    } catch {
      recorder.record(.rigError(step: "", instrument: "guard", message: error.description))
    }
    line.close()
  }
}
