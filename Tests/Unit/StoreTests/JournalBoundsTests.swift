import Foundation
import Glibc
import Model
import Quantities
import Testing

@testable import Store

/// Files that no run has left: without lines, without an end, with numbers that cannot be.
@Suite struct `A file that no run has left` {
  let folder = ScratchFolder()
  var file: String { folder.path + "/j.jsonl" }

  /// Lines whose chain is whole, whatever they say.
  static func forged(_ events: [RunEvent]) -> [UInt8] {
    var text = JSONText()
    var head = Array(JournalLine.origin.utf8)
    return events.flatMap { event in
      text.restart(behind: JournalLine.opening)
      text.event(event)
      head = JournalLine.hash(after: head, event: text.bytes[JournalLine.opening.count...])
      text.overwrite(at: JournalLine.head.count, with: head)
      text.close(with: JournalLine.closing)
      return text.bytes
    }
  }

  /// What somebody may put into a journal, with the word it is named by.
  static let odd: [(word: String, event: RunEvent)] = {
    func begin(_ change: (inout RunHeader) -> Void) -> RunEvent {
      var begin = header(run: "a-1")
      change(&begin)
      return RunEvent(sequence: 0, nanoseconds: 0, body: .runStarted(begin))
    }
    func measured(_ change: (inout Measurement) -> Void) -> RunEvent {
      var found = measurement(4.2)
      change(&found)
      return RunEvent(sequence: 0, nanoseconds: 0, body: .measured(found))
    }
    func curve(_ times: [Double], _ values: [Double]) -> RunEvent {
      let series = Trace.Series(name: "u", dimension: .voltage, times: times, values: values)
      return RunEvent(
        sequence: 0, nanoseconds: 0, body: .trace(Trace(step: "s", title: "t", series: [series])))
    }
    func crossed(_ at: Int64) -> RunEvent {
      let traffic = Traffic(port: "unit-radio", outgoing: false, bytes: "00", isText: false, at: at)
      return RunEvent(sequence: 0, nanoseconds: 0, body: .traffic(traffic))
    }
    let sample = WatchTrip.Sample(text: "4.7 V", at: 1e300)
    let trip = WatchTrip(
      watch: "cell-voltage", instrument: "dmm", channel: "", band: "", samples: [sample], verdict: .error)
    let ended = RunEvent.Body.phaseEnded(name: "p")
    return [
      ("'x'", begin { $0.startedAt = "x" }),
      ("'2026-02-30T", begin { $0.startedAt = "2026-02-30T00:00:00Z" }),
      ("'9999-", begin { $0.startedAt = "9999-12-31T00:00:00Z" }),
      ("cells", begin { $0.cellCount = 1 << 62 }), ("cells", begin { $0.cellCount = -1 }),
      ("last", begin { $0.expectedSeconds = 1e300 }),
      ("guard factor", begin { $0.otherRule.guardFactor = 1e300 }),
      ("'ovp-trip'", measured { $0.at = 1e300 }),
      ("'ovp-trip'", measured { $0.observation = .number(-1e300) }),
      ("'ovp-trip'", measured { $0.limit?.high = 1e300 }),
      ("4611686018427387904", measured { $0.channel = "cell 4611686018427387904" }),
      ("curve 'u'", curve([1e300], [0])), ("curve 'u'", curve([0], [1e300])),
      ("2 times", curve([0, 1], [0])),
      ("unit-radio", crossed(.min)), ("unit-radio", crossed(.max)),
      ("cell-voltage", RunEvent(sequence: 0, nanoseconds: 0, body: .tripped(trip))),
      (
        "cut off",
        RunEvent(sequence: 0, nanoseconds: 0, body: .recovered(Recovery(cutBytes: -1, guardProof: nil)))
      ),
      ("instant", RunEvent(sequence: 0, nanoseconds: .max, body: ended)),
      ("instant", RunEvent(sequence: 0, nanoseconds: .min, body: ended)),
      ("number", RunEvent(sequence: .max, nanoseconds: 0, body: ended)),
      ("number", RunEvent(sequence: .min, nanoseconds: 0, body: ended)),
    ]
  }()

  @Test(arguments: odd.indices) func `says what cannot be, and is neither read nor written`(_ index: Int)
    throws
  {
    let (word, event) = Self.odd[index]
    folder.write(Self.forged([event, events(run: "a-1")[1]]), to: "j.jsonl")
    let error = #expect(throws: StoreError.self) { try JournalReader(path: file).events() }
    guard case .altered(_, 1, let detail)? = error else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
    #expect(detail.contains(word), "\(detail)")
    let audit = try JournalAudit(path: file)
    #expect(audit.breaks.first?.line == 1)
    #expect(audit.breaks.first?.detail.hasPrefix("it says what cannot be: ") == true, "\(audit.breaks)")
    #expect(!RunVerification(path: file, name: "a-1").isSound)

    guard event.sequence == 0 else { return }
    let writer = try JournalWriter(creating: folder.path + "/new.jsonl", durable: false)
    let refused = #expect(throws: StoreError.self) { try writer.append(event) }
    guard case .notStorable? = refused else { return #expect(Bool(false), "\(String(describing: refused))") }
    #expect(folder.bytes("new.jsonl").isEmpty)
  }

  @Test func `what is only very large is taken`() throws {
    var large = measurement(1e100)
    large.at = RunEvent.secondsMax
    let sent = events(run: "a-1", values: [large])
    let writer = try JournalWriter(creating: file, durable: false)
    for event in sent { try writer.append(event) }
    try writer.close()
    #expect(try JournalReader(path: file).events() == sent)
  }

  @Test(arguments: ["", "\n", "\n\n", "no journal", "no journal\nat all\n"])
  func `has no line of a journal and is called none`(_ text: String) {
    folder.write(Array(text.utf8), to: "j.jsonl")
    let found = RunVerification(path: file, name: "j")
    #expect(found.state == .noJournal && !found.isSound)
  }

  @Test func `has no end and is not sound by itself`() {
    folder.write(Self.forged(events(run: "a-1").dropLast()), to: "j.jsonl")
    let found = RunVerification(path: file, name: "j")
    #expect(found.state == .unfinished && !found.isSound)
  }

  @Test func `has a line that is too long, and is not held in memory for it`() throws {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: JournalLine.lengthMax + 1)
    let whole = Self.forged(events(run: "a-1").dropLast())
    let count = events(run: "a-1").count
    for tail in [long, long + [10]] {
      folder.write(whole + tail, to: "j.jsonl")
      let error = #expect(throws: StoreError.self) { try JournalReader(path: file).events() }
      guard case .altered(_, count, _)? = error else {
        return #expect(Bool(false), "\(String(describing: error))")
      }
      let audit = try JournalAudit(path: file)
      #expect(audit.breaks.map(\.line) == [count])
      #expect(RunVerification(path: file, name: "j").state == .altered)
      #expect(throws: StoreError.self) { try JournalWriter(continuing: file) }
    }
    folder.write(long, to: "j.jsonl")
    #expect(RunVerification(path: file, name: "j").state == .noJournal)
  }

  @Test func `comes in pieces that cut its lines anywhere`() {
    let text = Array("one\n\ntwo and more\nrest".utf8)
    for size in 1...text.count {
      var cutter = LineCutter()
      var lines: [String] = []
      for start in stride(from: 0, to: text.count, by: size) {
        cutter.take(text[start..<min(start + size, text.count)]) { piece in
          if case .line(let line) = piece { lines.append(String(decoding: line, as: UTF8.self)) }
        }
      }
      #expect(lines == ["one", "", "two and more"])
      #expect(cutter.rest == 4)
    }
  }

  @Test func `has exactly the longest line, or one byte more`() {
    var cutter = LineCutter()
    var lengths: [Int] = []
    let half = [UInt8](repeating: 0x78, count: JournalLine.lengthMax / 2)
    for more in [half, half, [10], half, half, [0x78], [10], half, [10]] {
      cutter.take(more[...]) { piece in
        switch piece {
        case .line(let line): lengths.append(line.count)
        case .tooLong(let count): lengths.append(-count)
        }
      }
    }
    #expect(lengths == [JournalLine.lengthMax, -JournalLine.lengthMax - 1, half.count])
  }

  @Test func `is a pipe or a device, which is refused instead of waited for`() throws {
    #expect(mkfifo(file, 0o600) == 0)
    #expect(throws: StoreError.irregular(path: file)) { try JournalReader(path: file).events() }
    #expect(throws: StoreError.irregular(path: "/dev/zero")) { try JournalAudit(path: "/dev/zero") }
    #expect(throws: StoreError.irregular(path: folder.path)) { try JournalAudit(path: folder.path) }
    #expect(throws: StoreError.self) { try JournalWriter(continuing: file) }
    let store = try RunStore(path: folder.path + "/store")
    do { _ = try store.create(run: header(run: "a-1")) }
    unlink(store.journalPath(of: "a-1"))
    #expect(mkfifo(store.journalPath(of: "a-1"), 0o600) == 0)
    #expect(try store.verify(run: "a-1").state == .missing)
    #expect(try store.closeUnfinished().first?.problem != nil)
  }
}
