import GRDB
import Model

/// One line of the list of runs.
public struct RunSummary: Hashable, Sendable {
  /// How far a run got, as far as the store knows.
  public enum State: String, Hashable, Sendable {
    case finished
    /// Its writer holds the journal.
    case running
    /// Nobody writes and no end was recorded: the program was killed or the power failed.
    case unfinished
  }

  public var id: String
  public var unit: String
  public var model: String
  public var state: State
  /// nil unless finished.
  public var verdict: Verdict?
  public var reason: String
  public var procedure: String
  public var rig: String
  public var workflow: Workflow
  /// ISO 8601 UTC.
  public var startedAt: String
  /// nil unless finished.
  public var elapsedSeconds: Double?
  /// Measurements with outcome fail.
  public var failures: Int
  /// Hash of the journal's last line; nil unless finished.
  public var journalHead: String?
  /// Whether the rig was proven safe at the end; nil unless finished, or when an old journal cannot be asked.
  public var safeStateConfirmed: Bool?
  /// The run whose measurements were judged anew; nil when this one was on a rig itself.
  public var judgedFrom: String?
}

extension RunSummary {
  /// From a row of `run`; the state of a run without verdict needs a look at its journal.
  init(row: Row, isAlive: (String) -> Bool) {
    let id: String = row["id"]
    let verdict = (row["verdict"] as String?).flatMap(Verdict.init)
    self.init(
      id: id, unit: row["unit"], model: row["model"],
      state: verdict != nil ? .finished : isAlive(id) ? .running : .unfinished,
      verdict: verdict, reason: row["reason"], procedure: row["procedure"], rig: row["rig"],
      workflow: Workflow(rawValue: row["workflow"]) ?? .designValidation, startedAt: row["startedAt"],
      elapsedSeconds: row["elapsedSeconds"], failures: row["failures"], journalHead: row["journalHead"],
      safeStateConfirmed: row["safeStateConfirmed"], judgedFrom: row["judgedFrom"])
  }
}

/// One measurement as the index holds it: what statistics over many runs need.
public struct MeasurementRow: Hashable, Sendable {
  public var run: String
  public var unit: String
  public var step: String
  public var name: String
  public var channel: String
  /// Base unit of `dimension`; nil when it was no number.
  public var value: Double?
  /// Name of the dimension; nil for texts and flags.
  public var dimension: String?
  public var low: Double?
  public var high: Double?
  public var uncertainty: Double?
  public var requirement: String?
  public var outcome: Outcome
}
