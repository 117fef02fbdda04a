import Model
import Ports
import Quantities
import Reports
import Rigging

/// What `bmsrig rig prove` found, as it is printed.
struct RigProveReport {
  let rig: Rig
  let watchdogs: WatchdogProver.Outcome
  let guardian: GuardProving.Found

  /// What no read-back shows to be off; the last look counts.
  var unsafe: [String] { (guardian.safety ?? watchdogs.safety).problems }
  var stop: String? { watchdogs.stop ?? guardian.stop }
  var hasWatchdog: Bool { watchdogs.results.contains { $0.hasWatchdog } }

  var code: ExitCode {
    if !unsafe.isEmpty { return .safeStateNotConfirmed }
    if stop != nil { return .aborted }
    return watchdogs.isProven && (guardian.isProven || !guardian.isWanted) ? .pass : .rigError
  }

  private var hasContactor: Bool {
    rig.role(.loopContactor) != nil || rig.role(.emulatorContactor) != nil
  }

  func print(_ format: Format) {
    if !unsafe.isEmpty {
      Output.error(SafeStateWords.alarm)
      for problem in unsafe { Output.error("NOT SAFE    \(problem)") }
      Output.error(SafeStateWords.remedy(rig: rig.name))
    }
    for fault in watchdogs.faults { Output.error("NOT PROVEN  \(fault)") }
    if let stop { Output.error("STOPPED     \(stop)") }
    switch format {
    case .text: lines.forEach(Output.line)
    case .json: Output.json(json)
    }
  }

  private var lines: [String] {
    var rows = watchdogs.results.map { ($0.name, Self.words($0)) }
    if !watchdogs.results.isEmpty {
      if !hasWatchdog {
        rows.append(("watchdogs", "NOT PROVEN: no instrument of this rig has one that its driver knows"))
      } else if !hasContactor {
        rows.append(("contactors", "the rig file names none; outputs were on at 0 V and 0 A"))
      }
    }
    rows.append(("guard", guardian.words))
    rows.append(("outputs", unsafe.isEmpty ? "off, read back" : "NOT CONFIRMED OFF"))
    let wide = rows.map(\.0.count).max() ?? 0
    return rows.map { "\($0.0.padded(wide))  \($0.1)" }
  }

  private var json: OrderedJSON {
    .object([
      ("rig", .string(rig.name)), ("ok", .bool(code == .pass)),
      ("safe_state_confirmed", .bool(unsafe.isEmpty)), ("not_safe", .array(unsafe.map { .string($0) })),
      ("stopped", stop.map { .string($0) } ?? .null),
      ("problems", .array(watchdogs.faults.map { .string($0) })),
      (
        "results",
        .array(
          watchdogs.results.map { result in
            .object([
              ("name", .string(result.name)), ("watchdog", .bool(result.hasWatchdog)),
              ("ok", .bool(result.isGood)), ("words", .string(Self.words(result))),
            ])
          })
      ),
      (
        "guard",
        .object([("proven", .bool(guardian.isProven)), ("words", .string(guardian.words))])
      ),
    ])
  }

  private static func words(_ result: WatchdogProver.Result) -> String {
    guard result.problem.isEmpty else { return "not proven: \(result.problem)" }
    guard let proof = result.proof else { return "no watchdog that its driver knows" }
    let silence =
      "armed with \(TimeSpan(proof.delay.seconds)), \(TimeSpan(proof.silence.seconds)) without a word"
    return proof.tripped ? "tripped: \(silence) (\(proof.words))" : "DID NOT TRIP: \(silence), \(proof.words)"
  }
}
