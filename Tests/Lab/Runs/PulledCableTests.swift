import Foundation
import Testing

/// Cables pulled at random points of whole runs: an error that names the part, outputs off, the record whole.
@Suite(.inLab, .serialized, .timeLimit(.minutes(60)))
struct PulledCableTests {
  private static let bus = "pull0"
  /// Runs of each kind of cable; `BMSRIG_PULLS` asks for more.
  private static let count = ProcessInfo.processInfo.environment["BMSRIG_PULLS"].flatMap(Int.init) ?? 1

  private struct Outcome {
    let code: Int32
    let report: RunReport
    /// Numbers of the events that were printed, and of those in the journal.
    let printed: [Int]
    let journal: [Int]
    /// From the pull to the end of the program, in seconds.
    let ending: Double
  }

  /// All kinds, or the one that `BMSRIG_PULLED` names.
  private static let kinds = PulledCable.allCases.filter { cable in
    ProcessInfo.processInfo.environment["BMSRIG_PULLED"].map { $0 == cable.rawValue } ?? true
  }

  @Test(arguments: kinds)
  func `a pulled cable is named, outputs are off, the record is whole`(_ cable: PulledCable) throws {
    try Lab.load("vcan")
    try Lab.run("ip", "link", "add", Self.bus, "type", "vcan")
    defer { _ = try? Lab.run("ip", "link", "del", Self.bus) }
    try Lab.run("ip", "link", "set", Self.bus, "up")
    var draw = Draw(seed: UInt64(cable.rawValue.utf8.reduce(7) { $0 &* 31 &+ Int($1) }))
    var endings: [Double] = []
    for _ in 0..<Self.count {
      let rig = try ServedRig(label: "pull", options: ["--can", Self.bus])
      defer { rig.end() }
      let event = Self.eventMin + draw.next(below: Self.eventMax - Self.eventMin)
      print("lab: \(cable.rawValue) is pulled after event \(event)")
      let outcome = try run(rig, cable, at: event)
      try check(outcome, cable, rig)
      endings.append(outcome.ending)
    }
    let slowest = endings.max() ?? 0
    print(
      "lab: \(cable.rawValue) pulled \(Self.count) times: the run had ended "
        + "\((slowest * 10).rounded() / 10) s later at most")
  }

  /// Events after which a cable may be pulled: the first ones belong to opening, and a good run has some 4000.
  private static let eventMin = 200
  private static let eventMax = 3200

  private func run(_ rig: ServedRig, _ cable: PulledCable, at event: Int) throws -> Outcome {
    let running = try ShortRun.start(on: rig)
    var printed: [Int] = []
    var pulledAt: Date?
    var words: [String] = []
    while let line = try running.nextLine() {
      if !line.hasPrefix("{") { words.append(line) }
      if let number = ShortRun.sequence(of: line) { printed.append(number) }
      if pulledAt == nil, printed.count >= event {
        pulledAt = Date()
        try cable.pull(bus: Self.bus)
      }
    }
    let ending = -(pulledAt ?? Date()).timeIntervalSinceNow
    let code = running.exitCode
    try cable.putBack(bus: Self.bus)
    try #require(
      pulledAt != nil, "the run ended after \(printed.count) events: \(words.joined(separator: "\n"))")
    let journal = try Lab.text(of: ShortRun.journal(on: rig)).split(separator: "\n")
    return Outcome(
      code: code, report: try ShortRun.report(on: rig), printed: printed,
      journal: journal.compactMap { ShortRun.sequence(of: String($0)) }, ending: ending)
  }

  private func check(_ outcome: Outcome, _ cable: PulledCable, _ rig: ServedRig) throws {
    let report = outcome.report
    let story: Testing.Comment =
      "\(cable.rawValue) at event \(outcome.printed.count): \(report.verdict), \(report.reason)"
    // The unit is good, and nobody but the cable was at fault.
    #expect(report.verdict != "fail", story)
    if !cable.mayGoOn || report.verdict == "error" {
      #expect(report.verdict == "error", story)
      #expect(report.rigErrors.contains { cable.parts.contains($0.instrument) }, story)
    }
    // 3: error of the rig, 5: not measured, everything read off. 6: something could not be read and is said to be
    // live.
    let expected: Set<Int32> = report.safeState?.confirmed == true ? [0, 3, 5] : [6]
    #expect(expected.contains(outcome.code), "exit code \(outcome.code), \(story)")
    // Whatever was told to whoever watched is in the journal.
    #expect(outcome.journal == Array(outcome.journal.indices), story)
    #expect(outcome.printed.last.map { $0 < outcome.journal.count } == true, story)
    // At the chip itself: both contactors open, short trigger idle.
    for line in [0, 1, 4] { #expect(try !rig.bank.level(line), "line \(line), \(story)") }
  }
}
