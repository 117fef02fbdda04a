import Guarding
import LinuxPorts
import Ports

/// Hears the controller, decides, acts.
final class Sentry {
  private let world: LinuxWorld
  init(world: LinuxWorld) { self.world = world }

  /// How long the controller may take for its plan, and the guard for its connections.
  private static let armingLimit = Interval.seconds(10)

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
    let end = await watch(line, opening.plan.silence, permit)
    await permit.drop()
    switch end {
    case .goOn, .released: await echo([GuardSignal.release], on: line)
    case .handedOver:
      let proof = await act(opening, duty, reason: "the controller could not confirm the safe state")
      await say("\(proof.confirmed ? "confirmed" : "unconfirmed") \(proof.words)", on: line)
    case .act(let reason):
      // First of all: whoever is stopped could go on later and switch things on again.
      opening.controller.end()
      line.close()
      _ = await act(opening, duty, reason: reason)
    }
    duty.close()
  }

  private func watch(_ line: any StreamPort, _ silence: Interval, _ permit: Permit) async
    -> GuardWatch.Decision
  {
    var watch = GuardWatch(silence: silence, now: world.now)
    while true {
      do throws(PortError) {
        let bytes = try await line.receive(deadline: watch.deadline)
        let decision = watch.heard(bytes, at: world.now)
        guard case .goOn(_, let beats) = decision else { return decision }
        await echo(bytes, on: line)
        for _ in 0..<beats { await permit.turn() }
      } catch {
        return error.code == .deadline ? watch.silent(at: world.now) : watch.lineEnded()
      }
    }
  }

  private func act(_ opening: Opening, _ duty: GuardDuty, reason: String) async -> GuardProof {
    let world = world
    let proof = await duty.act(
      reason: reason, noticed: world.now, clock: { world.kernelClock(at: $0) }, realtime: world.calendarNow)
    ProofFile.write(proof.json, to: opening.plan.proofPath)
    return proof
  }

  private func say(_ text: String, on line: any StreamPort) async {
    let oneLine = text.map { $0.isNewline ? " " : $0 }
    await echo(Array((String(oneLine) + "\n").utf8), on: line)
  }

  /// A controller that does not take the answer is found out by its silence.
  private func echo(_ bytes: [UInt8], on line: any StreamPort) async {
    try? await line.send(bytes, deadline: world.now + .milliseconds(100))
  }
}
