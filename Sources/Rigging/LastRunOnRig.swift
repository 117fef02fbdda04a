import Model
import Store

/// How the last run on a rig left it, as far as the store knows.
///
/// Runs that are still going on are left out: whoever has the rig now was allowed to. So are records that were judged
/// anew, because they were never on it.
public struct LastRunOnRig: Sendable {
  /// What the rig's state rests on.
  public enum Trace: Hashable, Sendable {
    /// The run ended with its safe state confirmed, and nothing tripped.
    case clean
    /// The run broke off and its guard proved that it made the rig safe.
    case provenByGuard(StoredGuardProof)
    /// Something tripped, although the rig was made safe afterwards.
    case tripped(String)
    /// Nobody proved that the rig was made safe: why not.
    case unproven(String)
  }

  public let run: RunSummary
  public let trace: Trace
  /// Who took the responsibility for the next start; nil when nobody did.
  public let acknowledgement: Acknowledgement?

  /// Runs that are looked through for one that does not go on any more.
  private static let runsMax = 100

  /// - Returns: nil when the store holds no run on that rig that has ended.
  public init?(rig: String, in store: RunStore) throws(StoreError) {
    guard
      let run = try store.runs(onRig: rig, limit: Self.runsMax).first(where: { $0.state != .running })
    else { return nil }
    self.run = run
    trace = Self.trace(of: run, in: store)
    acknowledgement = try store.acknowledgements().last { $0.rig == rig && $0.run == run.id }
  }

  /// What keeps the next run from starting until a person has acknowledged it; nil when nothing does.
  public var open: String? {
    guard acknowledgement == nil else { return nil }
    return switch trace {
    case .clean, .provenByGuard: nil
    case .tripped(let why), .unproven(let why): why
    }
  }

  private static func trace(of run: RunSummary, in store: RunStore) -> Trace {
    let record: RunRecord
    do throws(StoreError) { record = try store.record(run: run.id).record } catch {
      return .unproven("its record cannot be read (\(error.message))")
    }
    // One that could not even be closed has no end.
    let hasBrokenOff = record.recovery != nil || record.verdict == nil
    let proof = hasBrokenOff ? store.guardProof(of: record) : nil
    let isSafe = record.safeStateConfirmed || proof?.isConfirmed == true
    if let trip = record.trips.first {
      let words = "\(trip.instrument): \(trip.words)"
      return isSafe ? .tripped(words) : .unproven("\(words); nobody proved that the rig was made safe")
    }
    if record.safeStateConfirmed { return .clean }
    if hasBrokenOff { return brokeOff(proof) }
    let first = record.safeState?.entries.first { !$0.confirmed }
    let what = first.map { " (\($0.action): \($0.message))" } ?? ""
    return .unproven("its safe state was not confirmed\(what)")
  }

  private static func brokeOff(_ proof: StoredGuardProof?) -> Trace {
    let what = "it broke off, because its program was killed, lost power or could not write any more"
    guard let proof else { return .unproven("\(what), and nobody proved that the rig was made safe") }
    if proof.isConfirmed { return .provenByGuard(proof) }
    let missing = proof.unconfirmed.isEmpty ? "" : " (\(proof.unconfirmed.joined(separator: "; ")))"
    return .unproven("\(what), and its guard could not prove that the rig was made safe\(missing)")
  }
}
