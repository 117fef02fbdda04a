import Glibc

/// One way to end a run, and what it is busy with then.
struct CampaignCase {
  enum Work: String, CaseIterable { case loop, hung }
  let name: String
  let signal: Int32
  let work: Work
  /// Milliseconds until every output shall be off.
  let goal: Double

  static let all: [CampaignCase] = Work.allCases.flatMap { work in
    [
      CampaignCase(name: "SIGINT", signal: SIGINT, work: work, goal: 20),
      CampaignCase(name: "SIGTERM", signal: SIGTERM, work: work, goal: 20),
      CampaignCase(name: "SIGHUP", signal: SIGHUP, work: work, goal: 20),
      CampaignCase(name: "SIGQUIT", signal: SIGQUIT, work: work, goal: 20),
      CampaignCase(name: "SIGKILL", signal: SIGKILL, work: work, goal: 100),
      CampaignCase(name: "SIGSTOP", signal: SIGSTOP, work: work, goal: 500),
    ]
  }

  /// True when the run ends itself.
  var isCatchable: Bool { signal != SIGKILL && signal != SIGSTOP }
}

/// What the campaign saw of one kind of end.
struct CampaignTally {
  var milliseconds: [Double] = []
  /// Runs after which an output was still on.
  var leftOn = 0
  /// Runs of which something is missing that had been reported, or whose journal does not read.
  var damaged = 0
  /// Runs whose safe state nobody confirmed: neither the run nor the guard's proof.
  var unproven = 0
  /// Runs that the guard ended first, because the computer left the controller no time.
  var early = 0
  var notes: [String] = []

  var isClean: Bool { leftOn == 0 && damaged == 0 && unproven == 0 }

  private func quantile(_ part: Double) -> Double {
    let sorted = milliseconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((Double(sorted.count) * part).rounded(.up))
    return sorted[max(0, rank - 1)]
  }

  func line(_ case: CampaignCase) -> String {
    let late = milliseconds.count { $0 > `case`.goal }
    return "\(`case`.name) in a \(`case`.work.rawValue): \(milliseconds.count) runs, off after median "
      + "\(fixed(quantile(0.5), 1)) ms, 95 % \(fixed(quantile(0.95), 1)) ms, max \(fixed(quantile(1), 1)) ms "
      + "(goal \(fixed(`case`.goal, 0)) ms, \(late) above); left on \(leftOn), records damaged \(damaged), "
      + "without proof \(unproven)" + (early > 0 ? "; in \(early) the guard was first" : "")
  }
}
