/// Where a guard leaves its proof, and whether there is one: the next start puts it into the record.
///
/// The format is that of `GuardProof` in the module Guarding: one JSON object.
public enum GuardProofFile {
  /// Path inside the store, beside the run's journal.
  public static func name(run: String) -> String { "journals/\(run).guard.json" }
}
