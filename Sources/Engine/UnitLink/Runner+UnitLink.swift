import Capabilities
import Model
import Ports
import Quantities

/// What becomes of a step in which the link to the unit was lost.
extension Runner {
  enum LinkConsequence {
    /// The unit went on running and is at rest again: the step may begin anew.
    case doAgain
    case ended(RunMachine.StepEnd)
    /// To be treated as if the step had ended like this.
    case concluded(Ending)
  }

  /// The lost link that a step ended with; nil when there is none, or nothing to look into.
  func linkLoss(_ ending: Ending, _ context: StepContext) async -> UnitLinkError? {
    guard !context.isCutShort, !memory.unitIsSilent, !memory.unitMayBeAsleep, context.unit.running != nil,
      linkLosses < LinkRecovery.lossesPerRun
    else { return nil }
    let lost: UnitLinkError
    switch ending {
    case .threw(let error):
      guard let link = error as? UnitLinkError, LinkRecovery.concerns(link) else { return nil }
      lost = link
    case .done, .enough:
      guard context.unit.hasLostLink else { return nil }
      lost = UnitLinkError(
        .linkLost, attempted: "keep the link during the step", cause: "the connection has ended",
        advice: "check the unit's supply and distance")
    }
    // An interlock cuts the supply, and that is what cut the link.
    if await interlockTripped() != nil { return nil }
    return lost
  }

  /// - Parameter stored: What the unit stored when the step began.
  func lookInto(
    _ loss: UnitLinkError, _ ending: Ending, stored: [String: Double], mayRepeat: Bool, _ context: StepContext
  ) async -> LinkConsequence {
    do {
      let finding = try await LinkRecovery(context: context).investigate()
      switch finding {
      case .notRegained(let words):
        linkLosses += 1
        context.note("the unit's link was lost and not regained: \(words)")
        return .concluded(.threw(loss))
      case .restarted(let words):
        let by = ["unit"] + context.bench.instrumentNames(.packVoltage)
        guard context.measureKeepsRunning(.flag(false), by: by, note: words) == .fail else {
          return .concluded(.threw(loss))
        }
        context.settleBrokenOff(why: "the unit restarted")
        return .ended(.failed(.stop))
      case .unclear(let gap, let words):
        context.note("the unit's link was lost and regained, \(TimeSpan(gap)) without data; \(words)")
        context.measureKeepsRunning(.missing(words), by: ["unit"], note: "")
        return try await goOn(ending, gap, stored, mayRepeat: mayRepeat, context)
      case .regained(let gap, let words):
        linkLosses += 1
        context.note(
          "the unit's link was lost and regained, \(TimeSpan(gap)) without data; the unit went on running: \(words)"
        )
        return try await goOn(ending, gap, stored, mayRepeat: mayRepeat, context)
      }
    } catch {
      context.note("the unit's link was lost: \(loss.cause)")
      return .concluded(.threw(error))
    }
  }

  /// The run goes on with the unit as it was when the step began.
  private func goOn(
    _ ending: Ending, _ gap: Double, _ stored: [String: Double], mayRepeat: Bool, _ context: StepContext
  ) async throws -> LinkConsequence {
    try await bringBack(stored, context)
    try await awaitQuiet(context)
    // All was measured before the loss was noticed.
    if case .done = ending { return .concluded(.done) }
    if mayRepeat {
      context.note("the step is done again")
      return .doAgain
    }
    if case .enough = ending { return .concluded(ending) }
    context.settleBrokenOff(why: "the unit's link was lost, \(TimeSpan(gap)) without data")
    return .ended(context.failed ? .failed(context.step.onFail) : .passed)
  }

  /// Longest wait for alarms that the step had provoked when it was cut short, seconds.
  private static let quietLimit = 15.0

  /// The next step must not find an alarm of this one and take it for its own. A unit that goes on complaining is left
  /// to the steps that judge that.
  private func awaitQuiet(_ context: StepContext) async throws {
    let end = context.deadline(Self.quietLimit)
    var after = world.now
    while world.now < end {
      let frame = try await context.unit.telemetry(after: after, deadline: context.deadline(8))
      if !frame.reportsFault { return }
      after = frame.at
    }
    context.note("the unit still reports an alarm \(TimeSpan(Self.quietLimit)) after it is at rest")
  }

  /// Settings that the step changed read as before it. Each is read first and written only where it differs.
  private func bringBack(_ stored: [String: Double], _ context: StepContext) async throws {
    guard let archived = memory.archived, !memory.touchedSettings.isEmpty else { return }
    let now = try await context.unit.settings(deadline: context.deadline(10))
    // Last changed first; then what changed along with them, as the thresholds do with the battery type.
    let touched = Array(memory.touchedSettings.reversed())
    let others = archived.entries.map(\.name).filter { !touched.contains($0) }
    for name in touched + others {
      guard let wanted = stored[name] ?? archived.value(name), now.value(name) != wanted else { continue }
      if !memory.touchedSettings.contains(name) { memory.touchedSettings.append(name) }
      let proof = try await context.unit.write(name, value: wanted, deadline: context.deadline(30))
      memory.stored[name] = proof.readBack
      guard proof.proven else {
        throw RigFault(
          instrument: "unit link",
          message: "after a lost link '\(name)' could not be brought back to what it was before the step")
      }
    }
  }
}
