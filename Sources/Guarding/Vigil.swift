import Ports

/// Hears the controller's beats and answers each, the permit line in step with them, until there is something to do.
public struct Vigil {
  private let line: any StreamPort
  private let permit: Permit
  private let world: any World

  public init(line: any StreamPort, permit: Permit, world: any World) {
    self.line = line
    self.permit = permit
    self.world = world
  }

  /// - Returns: Why the watch ended, and why the permit line could not be dropped then (empty when it was).
  public func keep(silence: Interval) async -> (end: GuardWatch.Decision, permit: String) {
    let end = await watch(silence)
    return (end, await permit.drop())
  }

  private func watch(_ silence: Interval) async -> GuardWatch.Decision {
    var watch = GuardWatch(silence: silence, now: world.now)
    while true {
      do throws(PortError) {
        let bytes = try await line.receive(deadline: watch.deadline)
        let decision = watch.heard(bytes, at: world.now)
        guard case .goOn(let beats) = decision else { return decision }
        await echo(bytes)
        for _ in 0..<beats { await permit.turn() }
      } catch {
        return error.code == .deadline ? watch.silent(at: world.now) : watch.lineEnded()
      }
    }
  }

  /// A controller that does not take the answer is found out by its silence.
  public func echo(_ bytes: [UInt8]) async {
    try? await line.send(bytes, deadline: world.now + .milliseconds(100))
  }
}
