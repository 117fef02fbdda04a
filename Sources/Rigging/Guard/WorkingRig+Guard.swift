import Engine
import Guarding
import Model
import Ports

/// Who watches the run besides itself.
public struct GuardChoice: Hashable, Sendable {
  /// False: nobody watches, and the run cannot pass.
  public var isWanted: Bool
  /// Where the guard leaves its proof; empty: nowhere.
  public var proofPath: String
  public init(isWanted: Bool = true, proofPath: String = "") {
    self.isWanted = isWanted
    self.proofPath = proofPath
  }
}

extension WorkingRig {
  /// How long the guard may take until it is armed.
  static let armingLimit = Interval.seconds(15)

  /// What the guard would do, or nil for a rig on which nothing can be switched.
  public func guardPlan(run: String) throws -> GuardPlan? {
    var builder = GuardPlanBuilder(rig: rig, instruments: instruments)
    return try builder.plan(run: run, proofPath: guardChoice.proofPath)
  }

  public var refusedGuard: Bool { !guardChoice.isWanted }

  public func startGuard(run: String) async throws -> (any GuardPort)? {
    guard guardChoice.isWanted, let plan = try guardPlan(run: run) else { return nil }
    return try await world.openGuard(plan.text, deadline: world.now + Self.armingLimit)
  }
}
