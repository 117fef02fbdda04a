import ArgumentParser
import LinuxPorts
import Model
import Ports
import Rigging
import Store

/// `bmsrig rig prove`.
struct RigProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Withhold what watchdogs and guard are fed with, and show that each switches off by itself.",
    discussion: """
      First the watchdogs inside the instruments: interlocks at rest and contactors seen to be open, outputs on at \
      0 A and 0 V, then silence for as long as the longest delay in the rig file (option 'watchdog'). Then, on a \
      real rig, the guard process: a stand-in for this program energises in the same way, feeds the guard and falls \
      silent. The guard must end it and confirm everything off within its silence and the time limits of the \
      safe-state steps, and the permit line must have dropped. Whatever happens, everything is switched off and read \
      back before the command ends.

      What is not confirmed off is kept in the store: no run begins on the rig before 'bmsrig rig safe' has confirmed \
      it or 'bmsrig rig acknowledge' has said so.

      Exit code 3 when one did not act, when no instrument has a watchdog, or when nothing may be switched on.

      """ + ExitCode.help)

  @Argument(help: "Rig file, e.g. Rigs/eol-line.yaml.")
  var rig: String
  @Option(help: .hidden)
  var standIn: String?
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func run() throws {
    let file = try RigCommand.load(rig, format.format)
    let proving = GuardProving(rig: file.rig, path: rig)
    if let standIn {
      let ending = try proving.stand(in: standIn)
      Output.line((["\(ending.why)"] + ending.safety.problems).joined(separator: "; "))
      throw CommandEnd(ending.safety.confirmed ? .rigError : .safeStateNotConfirmed)
    }
    let watchdogs: WatchdogProver.Outcome
    do {
      watchdogs = try WorldChoice.run(rig: file.rig) { world in
        try await WatchdogProver(rig: file.rig, world: world).run()
      }
    } catch {
      // Only what comes before the rig is touched arrives here.
      throw Complaint.end("\(error)", "nothing was opened", code: .rigError, format.format)
    }
    let report = RigProveReport(
      rig: file.rig, watchdogs: watchdogs, guardian: Self.guardian(proving, after: watchdogs))
    report.print(format.format)
    if !report.unsafe.isEmpty {
      store.keep(
        MadeSafe(
          rig: file.rig.name, by: "'bmsrig rig prove'", confirmed: false,
          words: report.unsafe.joined(separator: "; "), at: WallClock.now))
    }
    if report.code != .pass { throw CommandEnd(report.code) }
  }

  private static func guardian(
    _ proving: GuardProving, after watchdogs: WatchdogProver.Outcome
  ) -> GuardProving.Found {
    guard watchdogs.faults.isEmpty, watchdogs.stop == nil, watchdogs.safety.confirmed else {
      return GuardProving.Found(words: "not tried after that")
    }
    if proving.rig.isSimulated {
      return GuardProving.Found(
        isWanted: false, words: "not proven: simulated rig, whose guard watches and does not act")
    }
    do { return try proving.run() } catch {
      return GuardProving.Found(words: "not proven: \(error)")
    }
  }
}
