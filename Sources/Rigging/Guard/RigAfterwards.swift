import Engine
import Guarding
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
  /// What its walk through the steps may take besides waiting for the source.
  private static let walk = Interval.seconds(30)
  private static let betweenTries = Interval.milliseconds(100)
  /// Longer than the pulse of a line that somebody still feeds.
  private static let stillness = Interval.milliseconds(300)

  /// - Parameter guardIsBusy: The guard may still work on it.
  public init(rig: Rig, world: any World, guardIsBusy: Bool = false) {
    self.rig = rig
    self.world = world
    patience = guardIsBusy ? (rig.sourceSilence ?? .zero) + Self.walk + GuardDuty.persistence : Self.takeBack
  }

  /// Whether the permit line has dropped, and stands still. Only while nobody drives it.
  /// - Returns: Why that is not known; nil when it is, or the rig has no such line.
  public func permitProblem() async -> String? {
    guard let role = rig.role(.permitLine), let member = role.members.first else { return nil }
    do {
      return try await line(member) { lines in
        let before = try await lines.read(line: member.channel)
        try await world.sleep(for: Self.stillness)
        let after = try await lines.read(line: member.channel)
        if before == role.activeLevel || after == role.activeLevel { return "it reads active" }
        return try await lines.takeEdges().isEmpty ? nil : "it still moves"
      }
    } catch { return "\(error)" }
  }

  /// Contactors that do not show to be open, before anybody takes their outputs: that opens them.
  private func contactorProblems() async -> [String] {
    var found: [String] = []
    for (contactor, mirror) in Self.mirrors {
      guard let role = rig.role(mirror) else { continue }
      for member in role.members {
        let name = "\(member.instrument): '\(contactor.rawValue)'"
        do {
          let level = try await line(member) { try await $0.read(line: member.channel) }
          if level == role.activeLevel { found.append("\(name) is closed, as its mirror contact shows") }
        } catch { found.append("\(name) was not seen: \(error)") }
      }
    }
    return found
  }

  private static let mirrors: [(RoleName, RoleName)] = [
    (.loopContactor, .loopContactorMirror), (.emulatorContactor, .emulatorContactorMirror),
  ]

  /// One line as an input, which moves nothing. Whoever held it may still be letting go.
  private func line<T>(_ member: ChannelReference, _ body: (any LinePort) async throws -> T) async throws -> T
  {
    guard let instrument = rig.instrument(member.instrument) else {
      throw RigFault(instrument: member.instrument, message: "the rig has no such instrument")
    }
    let address = try PortAddress(parsing: instrument.address)
    let end = world.now + patience
    while true {
      do {
        let lines = try await world.openLines(
          address, configuration: LineConfiguration(outputs: [], inputs: [member.channel]), deadline: end)
        defer { lines.close() }
        return try await body(lines)
      } catch {
        guard (error as? PortError)?.code == .busy, world.now < end else { throw error }
        try? await world.sleep(for: Self.betweenTries)
      }
    }
  }

  /// Looks whether contactors and outputs were left on, and leaves the rig safe.
  /// - Returns: What was wrong before anything was sent, and how it was left.
  public func look() async -> (found: [String], safety: RigSafety) {
    world.holdStops = true
    try? await world.sleep(for: Self.settling)
    let contactors = await contactorProblems()
    let (found, safety) = await outputs()
    return (contactors + found, safety)
  }

  /// Opens the rig, which shows whether outputs are off.
  private func outputs() async -> (found: [String], safety: RigSafety) {
    let end = world.now + patience
    while true {
      do {
        let rig = try ProofRig(rig, world: world)
        do { try await rig.open() } catch {
          if !rig.unreached.isEmpty, world.now < end {
            // No output was asked yet: what is on stays on until it was seen.
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
