import Foundation
import Model
import Testing

@testable import Store

/// `bmsrig verify` on what it may be given.
@Suite struct `Verifying` {
  /// A run in a store, and its journal by its path.
  static func desk() throws -> (desk: Desk, journal: String) {
    let desk = try Desk()
    let end = try desk.run()
    try #require(end.code == 0, "\(end.errors)")
    return (desk, "\(desk.store)/journals/U1-1.jsonl")
  }

  /// Whatever is complained of goes to standard error, and nothing is proven.
  func refused(_ arguments: [String], _ words: String) throws {
    let end = try Program.run(["verify"] + arguments)
    #expect(end.code == 2, "\(arguments): \(end.output)\(end.errors)")
    #expect(end.output.isEmpty && end.errors.contains(words), "\(arguments): \(end.errors)")
  }

  @Test func `a journal without its last lines proves nothing`() throws {
    let (desk, journal) = try Self.desk()
    #expect(try Program.run(["verify", journal]).code == 0)
    let whole = try String(contentsOfFile: journal, encoding: .utf8)
    let head = String(whole.split(separator: "\n").last!.dropFirst(9).prefix(64))
    #expect(try Program.run(["verify", journal, "--head", head]).code == 0)
    let lines = whole.split(separator: "\n").dropLast(2)
    try (lines.joined(separator: "\n") + "\n").write(toFile: journal, atomically: true, encoding: .utf8)

    let end = try Program.run(["verify", journal])
    #expect(end.code == 5)
    #expect(end.output.contains("unfinished") && end.output.contains("it has no end"), "\(end.output)")
    #expect(try Program.run(["verify", journal, "--head", head]).code == 1)
    let json = try Program.run(["verify", journal, "--format", "json"])
    #expect(json.code == 5 && json.output.contains("\"sound\": false"), "\(json.output)")
    #expect(try Program.run(["verify", "U1-1", "--store", desk.store]).code == 1)
  }

  @Test func `what is no journal is bad input, and nothing is made of it`() throws {
    let (desk, journal) = try Self.desk()
    try desk.write("empty.jsonl", "")
    try desk.write("notes.txt", "no journal\nat all\n")
    let folder = desk.path("folder")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try refused([desk.path("empty.jsonl")], "not one line of a journal")
    try refused([desk.path("notes.txt")], "not one line of a journal")
    try refused(["/dev/null"], "/dev/null is no file")
    try refused([desk.path("none.jsonl")], "does not exist")
    try refused([folder], "there is no journal")
    try refused(["--all", "--store", folder], "there is no store")
    try refused(["U1-1", "--store", folder], "there is no store")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)

    try FileManager.default.copyItem(atPath: journal, toPath: folder + "/a.jsonl")
    #expect(try Program.run(["verify", folder]).code == 0)
    try FileManager.default.copyItem(atPath: journal, toPath: folder + "/b.jsonl")
    #expect(try Program.run(["verify", folder]).output.contains("2 of 2 journals are sound"))
    try refused([folder, "--head", String(repeating: "0", count: 64)], "--head belongs to one journal")
  }

  @Test func `a store without its index is looked at by its journals, and gets none`() throws {
    let (desk, _) = try Self.desk()
    for end in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: "\(desk.store)/runs.sqlite\(end)")
    }
    try refused(["--all", "--store", desk.store], "its index is lost")
    #expect(try Program.run(["verify", desk.store]).code == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(desk.store)/runs.sqlite"))
  }

  @Test func `a run goes before a file of its name`() throws {
    let (desk, _) = try Self.desk()
    try desk.write("U1-1", "")
    try desk.write("elsewhere", "no journal\n")
    func here(_ target: String) throws -> Program.End {
      try Program.run(
        [
          "-c", "cd \"$1\" && exec \"$2\" verify \"$3\" --store \"$4\"", "sh", desk.folder.path, Program.path,
          target,
          desk.store,
        ], of: "/bin/sh")
    }
    let run = try here("U1-1")
    #expect(run.code == 0 && run.output.contains("U1-1"), "\(run.output)\(run.errors)")
    #expect(run.errors.contains("./U1-1"), "\(run.errors)")
    #expect(try here("./U1-1").code == 2)
    #expect(try here("elsewhere").errors.contains("not one line of a journal"))
    #expect(try here("nowhere").errors.contains("no run 'nowhere'"))
  }

  /// Makes the chain anew over changed events.
  static func forge(_ journal: String, _ change: (Int, String) -> String) throws {
    let lines = try Data(contentsOf: URL(fileURLWithPath: journal)).split(separator: 10)
    var head = Array(JournalLine.origin.utf8)
    var forged: [UInt8] = []
    for (number, line) in lines.enumerated() {
      let event = try #require(JournalLine.split(Array(line)[...])).event
      let text = Array(change(number, String(decoding: event, as: UTF8.self)).utf8)
      head = JournalLine.hash(after: head, event: text[...])
      forged += JournalLine.head + head + JournalLine.middle + text + JournalLine.closing
    }
    try Data(forged).write(to: URL(fileURLWithPath: journal))
  }

  /// A number in a journal, and what somebody put in its place.
  nonisolated(unsafe) static let odd: [(place: Regex<Substring>, text: String)] = [
    (/"startedAt":"[^"]*"/, #""startedAt":"x""#), (/"cellCount":24/, #""cellCount":4611686018427387904"#),
    (/"expectedSeconds":[0-9.]+/, #""expectedSeconds":1e300"#), (/"at":[0-9.]+/, #""at":1e300"#),
    (/"nanoseconds":[0-9]+/, #""nanoseconds":9223372036854775807"#),
    (/"sequence":0/, #""sequence":9223372036854775807"#),
  ]

  @Test(arguments: 0..<6) func `numbers that cannot be are found by every command, and end none`(_ index: Int)
    throws
  {
    let (desk, journal) = try Self.desk()
    let (place, text) = Self.odd[index]
    var changed = 0
    try Self.forge(journal) { _, event in
      let new = event.replacing(place, with: text)
      changed += new == event ? 0 : 1
      return new
    }
    try #require(changed > 0)
    let end = try Program.run(["verify", journal])
    #expect(end.code == 1 && end.output.contains("it says what cannot be"), "\(end.output)\(end.errors)")
    let store = ["--store", desk.store]
    let files = ["--procedure", desk.path("procedure.yaml")]
    for arguments in [
      ["replay", "U1-1", "--rig", desk.path("rig.yaml")] + files, ["judge", "U1-1"] + files,
      ["show", "U1-1"],
      ["report", "U1-1", "--output", desk.path("r.html")], ["store", "rebuild"],
      ["traffic", "export", "U1-1", "--output", desk.path("t")],
    ] {
      let end = try Program.run(arguments + store)
      #expect(end.code == 2, "\(arguments[0]): \(end.code) \(end.output)\(end.errors)")
      #expect(end.errors.contains("says what cannot be"), "\(arguments[0]): \(end.errors)")
    }
  }
}
