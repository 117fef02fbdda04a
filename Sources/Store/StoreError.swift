import GRDB
import Glibc

/// Why the store could not do what was asked, where, and what a person can do about it.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No space is left on the disk, or a quota is reached.
  case full(path: String)
  /// The system refuses access.
  case denied(path: String)
  /// The disk or the file system failed; `detail` is the system's word.
  case failed(path: String, attempt: String, detail: String)
  /// A file or run that should be there is not.
  case missing(path: String)
  /// It is a pipe, a device or a folder, where a file was expected.
  case irregular(path: String)
  /// The database is damaged or is no database.
  case corrupt(path: String, detail: String)
  /// A newer version of the program made this store.
  case newer(path: String)
  /// Another process held the store longer than `RunStore.patience`.
  case busy(path: String)
  /// The journal's hash chain breaks at this line (1-based): it was changed after it was written.
  case altered(path: String, line: Int, detail: String)
  /// The line is authentic but this version cannot read it.
  case unreadableEvent(path: String, line: Int, detail: String)
  /// The event cannot be written as JSON: a number that is not finite, or a sequence number out of order.
  case notStorable(sequence: Int, detail: String)
  /// Appended after `close`, or after a failed write that could not be undone.
  case closed(path: String)
  case runExists(String)
  case noSuchRun(String)
  /// More than one run begins with the text; `candidates` are the first few.
  case ambiguous(String, candidates: [String])

  public var description: String {
    let advice = self.advice
    return advice.isEmpty ? message : "\(message); \(advice)"
  }

  /// What happened.
  public var message: String {
    switch self {
    case .full(let path): "no space left to write \(path)"
    case .denied(let path): "no permission for \(path)"
    case .failed(let path, let attempt, let detail): "could not \(attempt) \(path): \(detail)"
    case .missing(let path): "\(path) does not exist"
    case .irregular(let path): "\(path) is no file that could be read from its beginning to its end"
    case .corrupt(let path, let detail): "\(path) is damaged or is not a run database (\(detail))"
    case .newer(let path): "\(path) was made by a newer version of bmsrig"
    case .busy(let path): "\(path) is in use by another program"
    case .altered(let path, let line, let detail): "\(path) line \(line) was altered: \(detail)"
    case .unreadableEvent(let path, let line, let detail):
      "\(path) line \(line) cannot be read by this version: \(detail)"
    case .notStorable(let sequence, let detail): "event \(sequence) cannot be stored: \(detail)"
    case .closed(let path): "journal \(path) is closed"
    case .runExists(let run): "run \(run) is in the store already"
    case .noSuchRun(let run): "no run '\(run)' in the store"
    case .ambiguous(let text, let candidates):
      "'\(text)' fits more than one run: \(candidates.joined(separator: ", "))"
    }
  }

  /// What to do about it; empty when there is nothing to advise.
  public var advice: String {
    switch self {
    case .full: "free some space or choose a store on another disk with --store, then repeat the run"
    case .denied: "check the owner and mode of the folder, or choose another one with --store"
    case .failed: "check the disk (dmesg, smartctl) and its mount"
    case .missing: "check the path of the store"
    case .irregular: "name a regular file"
    case .corrupt:
      "the journals beside it are whole: move this database away (also its -wal and -shm files) and run "
        + "'bmsrig store rebuild'"
    case .newer: "use the newer version, or choose another store with --store"
    case .busy: "wait until the other program ends, or look for one that hangs"
    case .altered: "do not rely on this run; compare the file with a backup"
    case .unreadableEvent: "use the version of bmsrig that wrote it"
    case .notStorable, .closed: ""
    case .runExists: "ask for a new run id"
    case .noSuchRun: "'bmsrig runs' lists the runs"
    case .ambiguous: "write more characters of the id"
    }
  }

  /// The error behind an `errno` of a file operation.
  init(errno code: Int32, path: String, attempt: String) {
    switch code {
    // A limit on the size of files is a full disk to whoever writes.
    case ENOSPC, EDQUOT, EFBIG: self = .full(path: path)
    case EACCES, EPERM, EROFS: self = .denied(path: path)
    case ENOENT: self = .missing(path: path)
    default: self = .failed(path: path, attempt: attempt, detail: String(cString: strerror(code)))
    }
  }

  /// The error behind anything GRDB throws.
  init(database error: any Error, path: String) {
    if let known = error as? StoreError {
      self = known
      return
    }
    guard let database = error as? DatabaseError else {
      self = .failed(path: path, attempt: "use", detail: "\(error)")
      return
    }
    switch database.resultCode {
    case .SQLITE_FULL: self = .full(path: path)
    case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH: self = .denied(path: path)
    case .SQLITE_CANTOPEN: self = .denied(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self = .corrupt(path: path, detail: database.message ?? "SQLite \(database.resultCode.rawValue)")
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    default: self = .failed(path: path, attempt: "use", detail: database.message ?? "\(database)")
    }
  }
}
