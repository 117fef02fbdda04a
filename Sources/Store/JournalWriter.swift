import Glibc
import Model

/// Writes the journal of one run: one line of JSON per event, each chained to the line before by SHA-256.
///
/// `append` returns when the line was handed to the kernel in one `write`: a crash of the program loses
/// nothing. Settings, safe state and the end of the run are also forced to the disk, so that a power cut
/// cannot lose them; what cannot be forced there is taken back. The file is locked while the writer is open, which is
/// how another process knows that the run is alive.
public final class JournalWriter {
  public let path: String
  /// Hash of the last line; it stands for the whole journal.
  public var head: String { String(decoding: headBytes, as: UTF8.self) }
  /// Lines written, which is the sequence number the next event must have.
  public private(set) var count: Int
  /// Bytes of a torn last line that were cut off when the journal was opened again.
  public private(set) var cutBytes = 0

  /// What the writer asks of the system besides writing; tests let it fail.
  struct Calls {
    var sync: (_ descriptor: Int32) -> Int32 = { fdatasync($0) }
    var cut: (_ descriptor: Int32, _ length: Int64) -> Int32 = { ftruncate($0, off_t($1)) }
  }
  var calls = Calls()

  private let durable: Bool
  /// Something was written since the disk was last known to have everything.
  private var isBehind = false
  private var descriptor: Int32
  private var length: Int64
  private var headBytes: [UInt8]
  private var text = JSONText()

  /// Starts a new journal.
  ///
  /// - Parameter durable: False leaves everything to the kernel's own time of writing.
  /// - Throws: `failed` when the file exists already; a journal is never overwritten.
  public convenience init(creating path: String, durable: Bool = true) throws(StoreError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path, attempt: "create") }
    self.init(
      path: path, descriptor: descriptor, head: JournalLine.origin, count: 0, length: 0, durable: durable)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(path: path) }
    if durable { try Self.syncFolder(of: path) }
  }

  /// Goes on with a journal that a crash left behind. A torn last line is cut off.
  ///
  /// - Throws: `busy` when its run is alive; `altered` when the chain is broken, or anything stands behind the end of
  ///   the run.
  public convenience init(continuing path: String, durable: Bool = true) throws(StoreError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path, attempt: "open") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      Glibc.close(descriptor)
      throw .busy(path: path)
    }
    let end: JournalEnd
    do throws(StoreError) {
      end = try JournalReader(path: path).forEach { _ in }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    self.init(
      path: path, descriptor: descriptor, head: end.head, count: end.count, length: end.length,
      durable: durable)
    isBehind = true
    guard end.tornBytes > 0 else { return }
    guard ftruncate(descriptor, off_t(end.length)) == 0 else {
      throw StoreError(errno: errno, path: path, attempt: "cut the torn last line of")
    }
    cutBytes = end.tornBytes
  }

  init(path: String, descriptor: Int32, head: String, count: Int, length: Int64, durable: Bool) {
    self.path = path
    self.descriptor = descriptor
    headBytes = Array(head.utf8)
    self.count = count
    self.length = length
    self.durable = durable
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// Writes one event.
  ///
  /// An event that was refused was told to nobody, so no later reader may find it: the run would end twice, *error* on
  /// the screen and *pass* in the list. A line that the disk does not take is therefore cut off again. When not even
  /// that works, the beginning of a line is put behind it and nothing more is accepted: half a line behind the end of a
  /// run is found by every reader, and such a run stays open instead of getting a verdict that was never told; before
  /// the end of a run it is what a crash leaves, and the run is closed as *aborted*. A disk that refuses all three
  /// leaves the file as it is; nobody can know then what a power cut leaves of it.
  ///
  /// - Throws: `full`, `denied` or `failed` with the file as it was before the call, or closed for good; `notStorable`
  ///   when the event is not the next one or says what no event can (`RunEvent.oddity`).
  public func append(_ event: RunEvent) throws(StoreError) {
    guard descriptor >= 0 else { throw .closed(path: path) }
    guard event.sequence == count else {
      throw .notStorable(sequence: event.sequence, detail: "the next event is \(count)")
    }
    text.restart(behind: JournalLine.opening)
    text.event(event)
    if let problem = text.problem ?? event.oddity {
      throw .notStorable(sequence: event.sequence, detail: problem)
    }
    let hash = JournalLine.hash(after: headBytes, event: text.bytes[JournalLine.opening.count...])
    text.overwrite(at: JournalLine.head.count, with: hash)
    text.close(with: JournalLine.closing)
    guard text.bytes.count <= JournalLine.lengthMax else {
      throw .notStorable(sequence: event.sequence, detail: JournalLine.tooLong(text.bytes.count))
    }
    try write(text.bytes)
    if durable, event.body.mustReachTheDisk {
      do throws(StoreError) { try sync() } catch {
        takeBack(text.bytes.count)
        throw error
      }
    }
    headBytes = hash
    count += 1
  }

  /// Forces everything to the disk and lets go of the file. Closing twice is allowed.
  ///
  /// - Throws: When the disk does not take what was written since it was last forced there; never because of the end of
  ///   a run, which was there before `append` returned.
  public func close() throws(StoreError) {
    guard descriptor >= 0 else { return }
    defer {
      Glibc.close(descriptor)
      descriptor = -1
    }
    if durable, isBehind { try sync() }
  }

  /// Takes back the whole line that was written last.
  private func takeBack(_ written: Int) {
    let before = length - Int64(written)
    if calls.cut(descriptor, before) == 0 {
      length = before
      // What became of the line on the disk is not known; it is told, at least, that it is not wanted.
      _ = calls.sync(descriptor)
      return
    }
    _ = JournalLine.head.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    Glibc.close(descriptor)
    descriptor = -1
  }

  private func write(_ buffer: [UInt8]) throws(StoreError) {
    isBehind = true
    var written = 0
    while written < buffer.count {
      let result = buffer.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if result >= 0 {
        written += result
      } else if errno != EINTR {
        let error = StoreError(errno: errno, path: path, attempt: "write to")
        undo(written)
        throw error
      }
    }
    length += Int64(buffer.count)
  }

  /// Takes back half a line; a writer that cannot do so accepts nothing more, lest a line follow half a line.
  private func undo(_ written: Int) {
    guard written > 0, calls.cut(descriptor, length) != 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }

  private func sync() throws(StoreError) {
    while calls.sync(descriptor) != 0 {
      switch errno {
      case EINTR: continue
      // Pipes and character devices cannot be synchronised and need not be.
      case EINVAL: break
      default: throw StoreError(errno: errno, path: path, attempt: "force to the disk")
      }
      break
    }
    isBehind = false
  }

  private static func syncFolder(of path: String) throws(StoreError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: folder, attempt: "open") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw StoreError(errno: errno, path: folder, attempt: "force to the disk")
    }
  }
}

extension RunEvent.Body {
  /// What a power cut must not lose: what the unit was set to, what a person took the trouble to answer, that the rig
  /// is safe, how the run ended.
  fileprivate var mustReachTheDisk: Bool {
    switch self {
    case .runStarted, .settings, .answered, .safeState, .recovered, .tripped, .runEnded: true
    case .instrumentIdentified, .unitIdentified, .phaseStarted, .phaseEnded, .stepStarted, .measured, .note,
      .trace, .stepEnded, .rigError, .stopRequested, .traffic, .startConditions, .fences:
      false
    }
  }
}
