import Model
import Ports

/// What ends a run from outside its steps: somebody's stop, and the rig's interlocks.
extension Runner {
  /// A stop that arrived outside any wait still belongs in the record, and so does an interlock that tripped during
  /// the last step.
  func noteStop() async {
    defer { noteTrip(in: "") }
    guard recorder.facts.stopReason == nil else { return }
    if let reason = world.stopRequested {
      noteStop(reason)
    } else if let reason = await interlockTripped() {
      recorder.record(.stopRequested(reason: reason))
    }
  }

  /// A stop that the cycle asked for because the rig is at fault is in the record as that.
  func noteStop(_ reason: String) {
    if recorder.facts.stopReason == nil, cycle?.isFault != true {
      recorder.record(.stopRequested(reason: reason))
    }
  }

  /// What an interlock says of the time since the last look.
  func interlockTripped() async -> String? {
    do { try await lookAtInterlocks() } catch {
      // A contact that cannot be read is the rig's fault and stops the next energising action by itself.
      return (error as? WorldStopped)?.reason
    }
    return nil
  }

  func lookAtInterlocks() async throws {
    guard let seen = interlocksSeen else { return }
    let now = world.now
    try await opener.bench.checkInterlocks(since: seen)
    interlocksSeen = now
  }

  /// Before a step. In the closing phase a contact that cannot be read does not keep the unit's settings from being
  /// restored; what energises asks for itself.
  func refuseAfterTrip() async throws {
    guard world.holdStops else { return try await lookAtInterlocks() }
    if let reason = await interlockTripped() { throw WorldStopped(reason: reason) }
    try opener.bench.requireGuard()
  }

  /// Between steps: whether nothing but the safe state may follow. Puts it into the record.
  func isTripped() async -> Bool {
    _ = await interlockTripped()
    return noteTrip(in: "")
  }

  /// What the cycle looks at.
  ///
  /// A stop that it asks for cuts every wait of a step short. While stops are held it cuts nothing, and a closing step
  /// may wait for seconds: then the cells go off from here, again with every look until the run gets to the safe state.
  func watchInterlocks() async throws {
    guard !isMakingSafe else { return }
    guard world.holdStops else { return try await lookAtInterlocks() }
    guard let reason = await interlockTripped(), !isMakingSafe else { return }
    if opener.bench.trippedInterlock != nil {
      await SafeStateSequence(bench: opener.bench).offAtOnce(cells: true)
    }
    throw WorldStopped(reason: reason)
  }
}
