import Guarding
import LinuxPorts
import Ports

/// Hears the controller, decides, acts.
final class Sentry {
  private let world: LinuxWorld
  init(world: LinuxWorld) { self.world = world }

  /// How long the controller may take for its plan, and the guard for its connections.
  private static let armingLimit = Interval.seconds(10)
  /// Less than a controller waits that hands over.
  private static let answerLimit = Interval.seconds(50)

  /// From start to end of the process.
  func stand() async {
    guard let line = try? world.inherit(0) else { return }
    let started = world.now
    let opening: Opening
    do { opening = try await Opening.read(from: line, deadline: started + Self.armingLimit) } catch {
      return await say("refused \(error)", on: line)
    }
    let duty = GuardDuty(plan: opening.plan, world: world)
    let permit = Permit(opening.plan, world: world)
    do {
      let words = try await duty.arm(deadline: world.now + Self.armingLimit)
      try await permit.take(deadline: world.now + Self.armingLimit)
      await say("ready \(words)", on: line)
    } catch {
      duty.close()
      return await say("refused \(error)", on: line)
    }
    let vigil = Vigil(line: line, permit: permit, world: world)
    let (end, undropped) = await vigil.keep(silence: opening.plan.silence)
    switch end {
    case .goOn, .released: await vigil.echo([GuardSignal.release])
    case .handedOver:
      let proof = await act(
        opening, duty, reason: "the controller could not confirm the safe state", permit: undropped,
        answerBy: world.now + Self.answerLimit)
      await say("\(proof.confirmed ? "confirmed" : "unconfirmed") \(proof.words)", on: line)
    case .act(let reason):
      // First of all: whoever is stopped could go on later and switch things on again.
      opening.controller.end()
      line.close()
      _ = await act(opening, duty, reason: reason, permit: undropped)
    }
    duty.close()
  }

  private func act(
    _ opening: Opening, _ duty: GuardDuty, reason: String, permit: String, answerBy: WorldInstant? = nil
  ) async -> GuardProof {
    let world = world
    func keep(_ proof: GuardProof) { ProofFile.write(proof.json, to: opening.plan.proofPath) }
    let proof = await duty.act(
      reason: reason, noticed: world.now, clock: { world.kernelClock(at: $0) }, realtime: world.calendarNow,
      permit: permit, answerBy: answerBy, walked: keep)
    keep(proof)
    return proof
  }

  private func say(_ text: String, on line: any StreamPort) async {
    let oneLine = text.map { $0.isNewline ? " " : $0 }
    try? await line.send(Array((String(oneLine) + "\n").utf8), deadline: world.now + .milliseconds(100))
  }
}
