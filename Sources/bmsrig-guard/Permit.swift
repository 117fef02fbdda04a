import Guarding
import Ports

/// The line that says "somebody watches": it changes with every beat, and what it feeds drops out when it stands still.
final class Permit {
  private let drive: GuardPlan.Drive?
  private let address: PortAddress?
  private let world: any World
  private var port: (any LinePort)?
  private var level: Bool

  init(_ plan: GuardPlan, world: any World) {
    drive = plan.permit
    address = plan.permit.map { plan.links[$0.link].address }
    self.world = world
    level = plan.permit?.level ?? false
  }

  func take(deadline: WorldInstant) async throws(PortError) {
    guard let drive, let address else { return }
    let configuration = LineConfiguration(
      outputs: [.init(line: drive.line, safeLevel: drive.level)], inputs: [])
    port = try await world.openLines(address, configuration: configuration, deadline: deadline)
  }

  func turn() async {
    guard let drive else { return }
    level.toggle()
    try? await port?.set(line: drive.line, to: level)
  }

  /// Back to the level at which nothing is permitted.
  func drop() async {
    guard let drive else { return }
    try? await port?.set(line: drive.line, to: drive.level)
  }
}
