import Foundation
import Model
import Testing

@testable import Store

/// What the store keeps about a rig beside its runs.
@Suite struct `The state of a rig` {
  let folder = ScratchFolder()
  var store: RunStore { get throws { try RunStore(path: folder.path + "/store") } }

  private func proof(
    format: String = "bmsrig-guard-proof 1", run: String = "EK-0042-1", confirmed: Bool = true,
    steps: String = #"{"step":"loop-off","confirmed":true,"words":"reads 0"}"#
  ) -> String {
    #"{"format":"\#(format)","run":"\#(run)","realtime":"2026-11-22T10:00:00Z","confirmed":\#(confirmed),"#
      + #""steps":[\#(steps)]}"#
  }

  @Test func `a guard's proof counts only when every step in it does`() throws {
    let whole = try #require(StoredGuardProof(proof(), run: "EK-0042-1"))
    #expect(whole.isConfirmed && whole.unconfirmed.isEmpty && whole.realtime == "2026-11-22T10:00:00Z")
    let open = #"{"step":"cells-to-rest","confirmed":false,"words":"still on"}"#
    for text in [proof(confirmed: false), proof(steps: ""), proof(steps: open)] {
      #expect(StoredGuardProof(text, run: "EK-0042-1")?.isConfirmed == false, "\(text)")
    }
    #expect(
      StoredGuardProof(proof(steps: open), run: "EK-0042-1")?.unconfirmed == ["cells-to-rest: still on"])
  }

  @Test func `a torn proof, one of another run or of another format is none`() {
    for text in [
      String(proof().dropLast(3)), "", "{}", proof(run: "EK-0042-2"), proof(format: "bmsrig-guard-proof 9"),
    ] { #expect(StoredGuardProof(text, run: "EK-0042-1") == nil, "\(text)") }
  }

  @Test func `closing says whether the guard proved the rig safe`() throws {
    let store = try store
    for (run, text) in [("A-1", proof(run: "A-1")), ("B-1", proof(run: "B-1", confirmed: false))] {
      do {
        let writer = try store.create(run: header(run: run))
        try writer.append(events(run: run)[0])
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: store.guardProofPath(of: run)))
    }
    let closed = try store.closeUnfinished()
    #expect(closed.map(\.hasGuardProof) == [true, true])
    #expect(closed.map(\.isProvenSafe) == [true, false])
    #expect(try store.guardProof(of: store.record(run: "A-1").record)?.isConfirmed == true)
    #expect(try store.guardProof(of: store.record(run: "B-1").record)?.isConfirmed == false)
  }

  @Test func `what was done to a rig outside a run is kept, the last of its own counts`() throws {
    let store = try store
    #expect(try store.madeSafe(rig: "line", since: "") == nil)
    let entries = [("line", false, "09"), ("line", true, "10"), ("desk", false, "11")].map {
      MadeSafe(
        rig: $0, by: "'bmsrig rig safe'", confirmed: $1, words: $1 ? "" : "loop-off: on",
        at: "2026-11-22T\($2):00:00Z")
    }
    try store.keep(entries[0])
    #expect(try store.unconfirmed(rig: "line") == entries[0])
    for entry in entries[1...] { try store.keep(entry) }
    #expect(try store.unconfirmed(rig: "line") == nil)
    #expect(try store.unconfirmed(rig: "desk") == entries[2])
    for (rig, at) in [("line", "12"), ("desk", "10"), ("desk", "12")] {
      #expect(try store.unconfirmed(rig: "desk") == entries[2])
      try store.acknowledge(
        Acknowledgement(rig: rig, run: "", person: "M. Weber", note: "", at: "2026-11-22T\(at):00:00Z"))
    }
    #expect(try store.unconfirmed(rig: "desk") == nil)
    #expect(try store.madeSafe(rig: "line", since: "2026-11-22T08:00:00Z") == entries[1])
    #expect(try store.madeSafe(rig: "line", since: "2026-11-22T10:30:00Z") == nil)
  }

  @Test func `half a line of a crash takes no entry behind it along`() throws {
    let store = try store
    let entry = Acknowledgement(
      rig: "line", run: "A-1", person: "M. Weber", note: "", at: "2026-11-22T10:00:00Z")
    try store.acknowledge(entry)
    let name = "store/acknowledgements.jsonl"
    folder.write(folder.bytes(name) + Array(#"{"rig":"li"#.utf8), to: name)
    var second = entry
    second.run = "A-2"
    try store.acknowledge(second)
    #expect(try store.acknowledgements() == [entry, second])
  }
}
