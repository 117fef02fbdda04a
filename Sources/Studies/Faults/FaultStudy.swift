import Documents
import Foundation
import Model
import Rigging

/// Whole procedures with one to three faults drawn from each seed. Every run is watched for what must never happen.
public struct FaultStudy: Sendable {
  /// A unit in the socket.
  struct Socket: Sendable {
    /// Unit file; nil for a good unit.
    var path: String?
    var checked: CheckedRun
    var isGood: Bool { checked.unitFile?.breaks.isEmpty ?? true }
  }

  let plan: StudyPlan
  let sockets: [Socket]
  let seeds: [UInt64]
  let words: String
  let units: [String]
  private let baselines = Baselines()

  /// Good units that the seeds take in turn, each with tolerances of its own.
  static let variety: UInt64 = 8

  /// - Parameters:
  ///   - request: Its first procedure counts.
  ///   - seeds: Each once.
  ///   - words: The seeds as they were asked for.
  ///   - units: `good`, unit files, folders of unit files.
  public static func check(
    _ request: StudyRequest, seeds: [UInt64], words: String, units: [String]
  ) -> (study: FaultStudy?, findings: [Finding]) {
    var plan = StudyPlan(request)
    var sockets: [Socket] = []
    var refused: [Finding] = []
    let own = plan.check(.init(procedure: 0))
    for unit in units {
      if unit == "good" {
        if let own { sockets.append(Socket(path: nil, checked: own)) }
        continue
      }
      let names = DocumentTree.yamlFiles(in: unit)
      if names == [] {
        plan.add([
          finding(unit, "the folder holds no unit file (.yaml)", "name good, a unit file or another folder")
        ])
      }
      let paths = names.map { $0.map { unit.hasSuffix("/") ? unit + $0 : "\(unit)/\($0)" } } ?? [unit]
      for path in paths {
        let reading = UnitFile.load(path: path)
        plan.add(reading.findings)
        guard let file = reading.value else { continue }
        let conditions = file.conditions
        let combination = StudyPlan.Combination(
          procedure: 0, chemistry: conditions.chemistry, cellCount: conditions.cellCount)
        guard var checked = plan.check(combination, needing: conditions) else {
          if let why = plan.refusals[combination] { refused.append(finding(path, why, "leave it out")) }
          continue
        }
        checked.unitFile = file
        sockets.append(Socket(path: path, checked: checked))
      }
    }
    // One that cannot be run is left out; when none can there is nothing to study.
    if sockets.isEmpty { plan.add(refused) }
    guard plan.findings.isEmpty, !sockets.isEmpty else { return (nil, plan.findings) }
    return (FaultStudy(plan: plan, sockets: sockets, seeds: seeds, words: words, units: units), [])
  }

  private static func finding(_ file: String, _ message: String, _ suggestion: String) -> Finding {
    Finding(
      place: SourcePlace(file: file, line: 1, column: 1), message: message, suggestion: suggestion)
  }

  private init(plan: StudyPlan, sockets: [Socket], seeds: [UInt64], words: String, units: [String]) {
    self.plan = plan
    self.sockets = sockets
    self.seeds = seeds
    self.words = words
    self.units = units
  }

  public func run(progress: (StudyProgress) -> Void) -> FaultStudyReport {
    var report = FaultStudyReport(
      program: plan.request.program, procedure: sockets[0].checked.procedure.reference, rig: plan.rig,
      seeds: words, units: units, planned: seeds.count)
    progress(StudyProgress(done: 0, planned: seeds.count, complaints: 0))
    _ = Workforce<FaultCase>.perform(
      Array(seeds.indices), jobs: plan.request.jobs,
      work: { place in
        guard PendingStop.reason == nil else { return nil }
        let found = self.perform(seeds[place])
        // A Ctrl-C reaches the run in progress, too: what it made of that is no finding.
        return PendingStop.reason == nil ? found : nil
      },
      deliver: { found in
        report.add(found, replay: replay([found.seed]))
        progress(StudyProgress(done: report.done, planned: seeds.count, complaints: report.violated))
      })
    if !report.further.isEmpty { report.furtherReplay = replay(report.further) }
    if report.done < seeds.count { report.stopped = PendingStop.reason ?? "broken off" }
    return report
  }

  /// The command that repeats seeds and shows them.
  func replay(_ seeds: [UInt64]) -> String {
    let others = units == ["good"] ? "" : " --units " + units.joined(separator: " ")
    return "bmsrig study faults --procedure \(plan.request.procedures[0]) --rig \(plan.request.rig)"
      + " --seeds \(seeds.map(String.init).joined(separator: ",")) --show\(others)"
  }

  // MARK: one seed

  /// - Parameter journal: Where the journal is kept, with all traffic; nil: nowhere.
  public func perform(_ seed: UInt64, journal: String? = nil) -> FaultCase {
    let socket = sockets[Int(seed % UInt64(sockets.count))]
    let unitSeed = 1 + seed % Self.variety
    let serial = PopulationStudy.serial(seed: unitSeed)
    let runner = FaultyRunner(
      checked: socket.checked, unit: serial, unitSeed: unitSeed, worldSeed: seed,
      program: plan.request.program)
    var faults: [PlannedFault] = []
    do {
      let baseline = try baselines.baseline(socket.path ?? "", unitSeed) {
        try FaultBaseline.worlds.map { world in
          let runner = FaultyRunner(
            checked: socket.checked, unit: serial, unitSeed: unitSeed, worldSeed: world,
            program: plan.request.program)
          return try Self.perform(runner, [], 1e7, nil)
        }
      }
      faults = FaultDraw(rig: socket.checked.rig.rig, timeline: baseline.timeline).faults(seed: seed)
      let run = try Self.perform(runner, faults, baseline.timeline.end * 3 + 300, journal)
      return FaultCase(
        seed: seed, unit: socket.path ?? "good", isGood: socket.isGood, run: run, baseline: baseline)
    } catch {
      let words = "the run broke off: \(error)"
      return FaultCase(
        seed: seed, unit: socket.path ?? "good", isGood: socket.isGood,
        brokenOff: runner.brokenOff(faults, words))
    }
  }

  private static func perform(
    _ runner: FaultyRunner, _ faults: [PlannedFault], _ timeMax: Double, _ journal: String?
  ) throws -> FaultyRun {
    if let journal {
      return try runner.run(faults, timeMax: timeMax, journal: journal, recordsTraffic: true)
    }
    let folder = try scratchFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try runner.run(faults, timeMax: timeMax, journal: folder + "/journal.jsonl")
  }

  /// A folder that nobody else has: several studies may go on at once, also in one process.
  private static func scratchFolder() throws -> String {
    let parent = FileManager.default.temporaryDirectory.path
    var name = Array("\(parent)/bmsrig-faults-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else {
      throw StudyError(
        "no folder for a journal could be made in \(parent): \(String(cString: strerror(errno)))",
        advice: "make room there, or set TMPDIR to a folder that can be written")
    }
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Undisturbed runs by unit file and seed. Threads that ask for the same ones at once may each make them; they are
/// equal.
private final class Baselines: @unchecked Sendable {
  // Unchecked: `known` is touched with `lock` held.
  private let lock = NSLock()
  private var known: [String: FaultBaseline] = [:]

  func baseline(
    _ file: String, _ seed: UInt64, make: () throws -> [FaultyRun]
  ) rethrows -> FaultBaseline {
    let key = "\(seed) \(file)"
    if let found = lock.withLock({ known[key] }) { return found }
    let made = FaultBaseline(runs: try make())
    lock.withLock { known[key] = made }
    return made
  }
}

extension FaultStudyReport {
  mutating func add(_ found: FaultCase, replay: String) {
    let run = found.run
    let verdict = run.conclusion.verdict.rawValue
    done += 1
    verdicts[verdict, default: 0] += 1
    hours += run.record.elapsedSeconds / 3600
    if !run.conclusion.safeStateConfirmed { notConfirmed += 1 }
    if found.failsWithin { failedWithin += 1 }
    for (fault, hasStruck) in zip(run.faults, run.struck) {
      guard let place = kinds.firstIndex(where: { $0.kind == fault.kind }) else { continue }
      kinds[place].drawn += 1
      guard hasStruck else { continue }
      kinds[place].struck += 1
      kinds[place].verdicts[verdict, default: 0] += 1
    }
    guard !found.violations.isEmpty else { return }
    violated += 1
    guard violations.count < Self.violationsMax else {
      further.append(found.seed)
      return
    }
    violations.append(
      Violation(
        seed: found.seed, unit: found.unit, faults: run.faults.map(\.description), verdict: verdict,
        reason: run.conclusion.reason, words: found.violations, replay: replay))
  }
}
