import Engine
import Model
import Ports

/// A look at a rig behind a guard that acted and ended: what the guard says of itself is not all there is.
public struct RigAfterwards {
  private let rig: Rig
  private let world: any World
  private let patience: Interval
  /// The kernel takes connections and lines back when the guard's process has gone.
  private static let settling = Interval.milliseconds(500)
  private static let takeBack = Interval.seconds(5)
  /// A guard that cannot confirm goes on for a minute.
  private static let longTakeBack = Interval.seconds(75)
  private static let betweenTries = Interval.milliseconds(100)
  /// Longer than the pulse of a line that somebody still feeds.
  private static let stillness = Interval.milliseconds(300)

  /// - Parameter guardIsBusy: The guard may still work on it.
  public init(rig: Rig, world: any World, guardIsBusy: Bool = false) {
    self.rig = rig
    self.world = world
    patience = guardIsBusy ? Self.longTakeBack : Self.takeBack
  }

  /// Whether the permit line has dropped, and stands still. Only while nobody drives it.
  /// - Returns: Why that is not known; nil when it is, or the rig has no such line.
  public func permitProblem() async -> String? {
    guard let role = rig.role(.permitLine), let member = role.members.first,
      let instrument = rig.instrument(member.instrument)
    else { return nil }
    let end = world.now + patience
    while true {
      do {
        let address = try PortAddress(parsing: instrument.address)
        let lines = try await world.openLines(
          address, configuration: LineConfiguration(outputs: [], inputs: [member.channel]), deadline: end)
        defer { lines.close() }
        let before = try await lines.read(line: member.channel)
        try await world.sleep(for: Self.stillness)
        let after = try await lines.read(line: member.channel)
        if before == role.activeLevel || after == role.activeLevel { return "it reads active" }
        return try await lines.takeEdges().isEmpty ? nil : "it still moves"
      } catch {
        guard (error as? PortError)?.code == .busy, world.now < end else { return "\(error)" }
        try? await world.sleep(for: Self.betweenTries)
      }
    }
  }

  /// Opens the rig, which shows whether outputs are off and contactors open, and leaves it safe.
  /// - Returns: What was wrong before anything was sent, and how it was left.
  public func look() async -> (found: [String], safety: RigSafety) {
    world.holdStops = true
    try? await world.sleep(for: Self.settling)
    let end = world.now + patience
    while true {
      do {
        let rig = try ProofRig(rig, world: world)
        do { try await rig.open() } catch {
          if !rig.unreached.isEmpty, world.now < end {
            // Nothing was asked yet: what is on stays on until it was seen.
            await rig.working.close()
            try? await world.sleep(for: Self.betweenTries)
            continue
          }
          let found = (error as? ProofRefused)?.reasons ?? ["\(error)"]
          let unreached = rig.unreached.map { "\($0): it was not reached, its state is unknown" }
          let left = await rig.leave()
          return (found, RigSafety(problems: left.problems + unreached))
        }
        return ([], await rig.leave())
      } catch { return (["\(error)"], RigSafety(problems: ["\(error)"])) }
    }
  }
}
