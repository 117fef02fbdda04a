import Ports

/// The line that says "somebody watches": it changes with every beat, and what it feeds drops out when it stands still.
public final class Permit {
  private let drive: GuardPlan.Drive?
  private let address: PortAddress?
  private let world: any World
  private var port: (any LinePort)?
  private var level: Bool

  public init(_ plan: GuardPlan, world: any World) {
    drive = plan.permit
    address = plan.permit.map { plan.links[$0.link].address }
    self.world = world
    level = plan.permit?.level ?? false
  }

  public func take(deadline: WorldInstant) async throws(PortError) {
    guard let drive, let address else { return }
    let configuration = LineConfiguration(
      outputs: [.init(line: drive.line, safeLevel: drive.level)], inputs: [])
    port = try await world.openLines(address, configuration: configuration, deadline: deadline)
  }

  /// A turn that fails leaves the line where it stands, and what it feeds drops out.
  func turn() async {
    guard let drive else { return }
    level.toggle()
    try? await port?.set(line: drive.line, to: level)
  }

  /// Back to the level at which nothing is permitted.
  /// - Returns: Why that could not be done; empty when it was, or there is no line.
  func drop() async -> String {
    guard let drive else { return "" }
    do throws(PortError) { try await port?.set(line: drive.line, to: drive.level) } catch {
      return error.description
    }
    return ""
  }
}
