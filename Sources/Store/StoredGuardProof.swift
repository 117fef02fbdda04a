import Foundation
import Model
import Quantities

/// What a guard process left beside a run's journal, as far as a start of the program needs it.
///
/// The format is that of `GuardProof` in the module Guarding: one JSON object.
public struct StoredGuardProof: Hashable, Sendable {
  static let format = "bmsrig-guard-proof 1"
  /// Every step of the safe state was read back as it should be.
  public let isConfirmed: Bool
  /// Calendar time at which the guard began to act, as it wrote it.
  public let realtime: String
  /// Steps that were not confirmed, in words.
  public let unconfirmed: [String]

  /// - Returns: nil for a text that is torn, of another format or about another run: it proves nothing.
  public init?(_ text: String, run: String) {
    guard let json = try? OrderedJSON(parsing: text), json["format"]?.stringValue == Self.format,
      json["run"]?.stringValue == run, let confirmed = json["confirmed"]?.boolValue,
      let steps = json["steps"]?.arrayValue
    else { return nil }
    realtime = json["realtime"]?.stringValue ?? ""
    unconfirmed = steps.filter { $0["confirmed"]?.boolValue != true }.map {
      "\($0["step"]?.stringValue ?? "a step"): \($0["words"]?.stringValue ?? "")"
    }
    isConfirmed = confirmed && !steps.isEmpty && unconfirmed.isEmpty
  }
}

extension RunStore {
  /// Longest proof of a guard process that is read, bytes.
  static let guardProofMax = 64 << 10

  /// Where a guard process writes what it did when it had to make the rig safe: beside the journal.
  public func guardProofPath(of run: String) -> String { "\(path)/journals/\(run).guard.json" }

  /// What stands there now; nil when the guard left nothing.
  func guardProofText(of run: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: guardProofPath(of: run)) else { return nil }
    defer { try? file.close() }
    guard let data = try? file.read(upToCount: Self.guardProofMax), !data.isEmpty else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// What the guard of a run that broke off proved: as it went into the record, or as it lies beside the journal when
  /// the guard was not done yet when the run was closed. nil when nothing readable is there.
  public func guardProof(of record: RunRecord) -> StoredGuardProof? {
    let run = record.header.run
    let found = [record.recovery?.guardProof, guardProofText(of: run)].compactMap { text in
      text.flatMap { StoredGuardProof($0, run: run) }
    }
    return found.first(where: \.isConfirmed) ?? found.first
  }
}
