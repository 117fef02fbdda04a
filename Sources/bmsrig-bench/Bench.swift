import Glibc
import Model

/// `swift run -c release bmsrig-bench`, from the root of the repository: what a step costs, how fast virtual time
/// passes, and what a question to an instrument, a frame of a CAN bus and one of the unit's stream cost beside programs
/// of others. With the words `scpi`, `can` or `ble` behind it these alone. Prints plain lines; exits 1 when a goal is
/// missed. With the word `campaign` it ends energised runs in every way instead.
@main enum BenchMain {
  static func main() async throws {
    do { try await measure(CommandLine.arguments.dropFirst()) } catch {
      print("the bench could not go on: \(error)")
      exit(2)
    }
  }

  /// - Returns: false when the words ask for no campaign.
  private static func campaign(_ words: [String]) throws -> Bool {
    switch words.first {
    case "campaign":
      let campaign = Campaign(
        count: words.count > 1 ? Int(words[1]) ?? 1 : 200,
        folder: words.count > 2 ? words[2] : try Scratch().path,
        ways: Array(words.dropFirst(3)))
      if try !campaign.run() { exit(1) }
      return true
    case "campaign-run" where words.count >= 3:
      try CampaignController.run(
        rigPath: words[1], storePath: words[2], silentPort: words.count > 3 ? Int(words[3]) : nil)
      return true
    default: return false
    }
  }

  private static func measure(_ wanted: ArraySlice<String>) async throws {
    if try campaign(Array(wanted)) { return }
    if !wanted.isEmpty { return try wires(wanted) }
    let scratch = try Scratch()
    print("journal  \(try JournalCost.measure(in: scratch))")
    var met = true
    var costs: [StepCost] = []
    for steps in [1_000, 10_000, 50_000] {
      let cost = try await ManySteps.measure(steps: steps, in: scratch)
      costs.append(cost)
      print("steps    \(cost)")
      if steps <= StepCost.goalSteps { met = met && cost.meetsGoals }
    }
    // Linear means that the price of a step does not grow with their number.
    let growth = costs[2].perStep / costs[1].perStep
    print("linear   a step of 50000 costs \(fixed(growth, 2)) of a step of 10000 (goal: below 1.25)")
    met = met && growth < 1.25
    print("run      end of line: \(try WholeRun.endOfLine(in: scratch))")
    print("run      balancing:   \(try WholeRun.balancing(in: scratch))")
    try wires(["scpi", "can", "ble"])
    print(met ? "all goals met" : "GOALS MISSED")
    scratch.remove()
    if !met { exit(1) }
  }

  private static func wires(_ wanted: some Sequence<String>) throws {
    for what in wanted {
      switch what {
      case "scpi": try SCPIBench.run()
      case "can": try CANBench.run()
      case "ble": try BLEBench.run()
      default:
        print("'\(what)' cannot be measured: say scpi, can, ble, or nothing for everything")
        exit(2)
      }
    }
  }
}

/// Time and memory of this process as the kernel counts them.
struct Usage {
  /// Seconds of processor time, user and system.
  var cpu: Double
  /// Largest resident memory so far, MB; never falls.
  var peakMB: Double

  static func now() -> Usage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return Usage(
      cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakMB: Double(usage.ru_maxrss) / 1024)
  }
}

func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((value * scale).rounded())
  guard digits > 0 else { return "\(whole)" }
  let tail = String(whole % Int(scale))
  return "\(whole / Int(scale))." + String(repeating: "0", count: digits - tail.count) + tail
}
