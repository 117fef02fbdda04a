import Foundation
import Model
import Quantities
import Rigging
import Testing

/// The program as people and scripts use it: arguments in, text and exit code out.
@Suite struct CommandLineTests {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
  static let root = fixtures.deletingLastPathComponent()
  static let captures = fixtures.appending(path: "Unit/DUTTests/Captures")

  // MARK: help and usage

  @Test(arguments: [[], ["run"], ["check"]]) func `help names every exit code`(_ command: [String]) throws {
    let end = try Program.run(command + ["--help"])
    #expect(end.code == 0)
    for code in 0...6 { #expect(end.output.contains("  \(code)  "), "exit code \(code) is not documented") }
  }

  @Test(arguments: [
    ["run"], ["run", "a.yaml", "--rig", "b.yaml"], ["fly"], ["run", "--what"], ["decode", "ble"],
    ["runs", "--limit", "0"],
    ["runs", "--format", "xml"], ["report", "X", "--format", "pdf"], ["schema", "nothing"],
    ["run", "a", "--rig", "b", "--unit", "u", "--seed", "-1"],
    ["run", "a", "--rig", "b", "--unit", "u", "--cells", "25"],
  ]) func `wrong usage ends with 2 and says what is wrong`(_ arguments: [String]) throws {
    let end = try Program.run(arguments)
    #expect(end.code == 2)
    #expect(end.output.isEmpty)
    #expect(end.errors.contains("Error:"))
  }

  @Test(arguments: ["", String(repeating: "9", count: 65), "EK\u{1B}[2J", "EK\u{202E}24", "EK\n24"])
  func `a serial number that is none is refused`(_ serial: String) throws {
    let bench = try Desk()
    let end = try bench.run(unit: serial)
    #expect(end.code == 2)
    #expect(!end.errors.contains("\u{1B}"))
    #expect(!FileManager.default.fileExists(atPath: bench.store))
  }

  @Test(arguments: ["../../etc/x", "a b;rm -rf /", "Prüfling-7", "-x.y", "<b>&\"'"])
  func `any visible serial number stays inside the store and reads back`(_ serial: String) throws {
    let bench = try Desk()
    let end = try Program.run(bench.arguments(unit: nil) + ["--unit=\(serial)", "--format", "json"])
    #expect(end.code == 0)
    let answer = try OrderedJSON(parsing: end.output)
    let report = try #require(answer["report"]?.stringValue)
    #expect(report.hasPrefix(bench.store + "/reports/"))
    #expect(report.dropFirst(bench.store.count + "/reports/".count).contains("/") == false)
    #expect(FileManager.default.fileExists(atPath: report))
    let runs = try OrderedJSON(
      parsing: try Program.run(["runs", "--format", "json", "--store", bench.store]).output)
    #expect(runs["runs"]?.arrayValue?.first?["unit"]?.stringValue == serial)
  }

  // MARK: decode

  @Test func `every capture decodes to one document with the values beside it`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.captures.path).filter {
      $0.hasSuffix(".hex")
    }
    #expect(names.count > 20)
    for name in names.sorted() {
      let expected = try OrderedJSON(
        parsing: String(
          contentsOf: Self.captures.appending(path: name.dropLast(4) + ".json"), encoding: .utf8))
      let end = try Program.run(["decode", "ble", Self.captures.appending(path: name).path])
      #expect(end.code == 0, "\(name): \(end.errors)")
      let frames = try #require(try OrderedJSON(parsing: end.output)["frames"]?.arrayValue)
      #expect(
        frames.allSatisfy {
          $0["kind"]?.stringValue != nil && $0["checksum_ok"] != nil && $0["values"] != nil
        })
      guard case .object(let values)? = expected["values"],
        case .object(let decoded)? = frames.first?["values"]
      else { continue }
      #expect(values.map(\.key).allSatisfy(decoded.map(\.key).contains), "\(name)")
    }
  }

  @Test func `the password is masked until somebody asks for it`() throws {
    let file = Self.captures.appending(path: "ek-24s4eb-zh1.2.9-device-info.hex").path
    let masked = try Program.run(["decode", "ble", file])
    #expect(!masked.output.contains("123456"))
    let shown = try Program.run(["decode", "ble", file, "--reveal-password"])
    #expect(shown.output.contains("\"123456\""))
  }

  @Test func `standard input decodes as a file does`() throws {
    let file = Self.captures.appending(path: "ek-24s4eb-zh2.0.8-settings.hex")
    let piped = try Program.run(["decode", "ble", "-"], input: Data(contentsOf: file))
    #expect(piped.code == 0)
    #expect(piped.output == (try Program.run(["decode", "ble", file.path]).output))
  }

  @Test(arguments: [
    (Data(), ":1:1: there is nothing to decode"), (Data("55 aa 11\n11 xyz".utf8), ":2:4: "),
    (Data([0x55, 0xAA, 0x00, 0xFF, 0x80]), ":1:1: this is no text"),
    (Data("00 11 22".utf8), ":1:1: there is no whole frame"),
  ]) func `what is no capture ends with 2 and a place`(_ input: Data, _ words: String) throws {
    let end = try Program.run(["decode", "ble", "-"], input: input)
    #expect(end.code == 2)
    #expect(end.errors.contains("standard input" + words), "\(end.errors)")
    #expect(end.output.isEmpty)
  }

  // MARK: run

  @Test func `a run is quiet on a pipe and ends with run, verdict and report`() throws {
    let bench = try Desk()
    let end = try bench.run()
    #expect(end.code == 0, "\(end.errors)")
    let lines = end.output.split(separator: "\n").map(String.init)
    #expect(!end.output.contains("\u{1B}"))
    #expect(lines.suffix(3).map { String($0.prefix(8)) } == ["Run     ", "Verdict ", "Report  "])
    #expect(lines.suffix(2).first?.hasPrefix("Verdict PASS") == true)
    let report = try #require(lines.last?.dropFirst(8))
    #expect(try String(contentsOfFile: String(report), encoding: .utf8).contains("</html>"))
    #expect(end.errors.isEmpty)
  }

  @Test func `every line of the event stream is one JSON object, numbered without gaps`() throws {
    let bench = try Desk()
    let end = try bench.run(["--json"])
    #expect(end.code == 0)
    let events = try end.output.split(separator: "\n").map { try OrderedJSON(parsing: String($0)) }
    #expect(events.enumerated().allSatisfy { $1["sequence"]?.intValue == $0 })
    #expect(events.first?["event"]?.stringValue == "runStarted")
    #expect(events.last?["event"]?.stringValue == "runEnded")
    #expect(events.last?["verdict"]?.stringValue == "pass")
  }

  @Test func `fail, inconclusive and rig error have codes of their own`() throws {
    let fail = try Desk(limit: "short-bank-limit-2")
    #expect(try fail.run().code == 1)
    let undecided = try Desk(limit: "short-bank-limit-3")
    let end = try undecided.run()
    #expect(end.code == 5, "\(end.output)")
    let dead = try Desk()
    try dead.edit("rig.yaml") {
      $0.replacing("address: sim://scope\n", with: "address: sim://scope\n    simulated: {fault: silent}\n")
    }
    let error = try dead.run()
    #expect(error.code == 3, "\(error.output)")
    #expect(error.output.contains("RIG ERROR  scope"))
  }

  @Test func `a safe state that cannot be read back ends with 6`() throws {
    let bench = try Desk()
    try bench.edit("rig.yaml") {
      $0.replacing(
        "address: sim://emulator\n", with: "address: sim://emulator\n    simulated: {fault: silent}\n")
    }
    let end = try bench.run()
    #expect(end.code == 6)
    #expect(end.output.contains("SAFE STATE NOT CONFIRMED"))
    #expect(end.errors.contains("SAFE STATE NOT CONFIRMED"))
    let listed = try Program.run(["runs", "--store", bench.store])
    #expect(listed.output.contains("SAFE STATE NOT CONFIRMED"), "\(listed.output)")
    let runs = try OrderedJSON(
      parsing: try Program.run(["runs", "--store", bench.store, "--format", "json"]).output)
    #expect(runs["runs"]?.arrayValue?.first?["safe_state_confirmed"]?.boolValue == false)
    let page = try String(contentsOfFile: bench.store + "/reports/U1-1.html", encoding: .utf8)
    #expect(page.contains("Safe state NOT confirmed"))
  }

  @Test(arguments: [["--json"], ["--format", "json"]])
  func `a safe state that was not read back is shouted beside JSON, which stays whole`(_ mode: [String])
    throws
  {
    let bench = try Desk()
    try bench.edit("rig.yaml") {
      $0.replacing(
        "address: sim://emulator\n", with: "address: sim://emulator\n    simulated: {fault: silent}\n")
    }
    let end = try bench.run(mode)
    #expect(end.code == 6)
    #expect(end.errors.contains("*** SAFE STATE NOT CONFIRMED"), "\(end.errors)")
    #expect(end.errors.contains("NOT SAFE  cells-to-rest"), "\(end.errors)")
    #expect(end.errors.contains("bmsrig rig acknowledge simulated"), "\(end.errors)")
    let documents = mode == ["--json"] ? end.output.split(separator: "\n").map(String.init) : [end.output]
    for text in documents { _ = try OrderedJSON(parsing: text) }
    #expect(!end.output.contains("***"))
    // What was confirmed is not shouted about.
    let good = try Desk()
    #expect(try good.run(mode).errors.isEmpty)
    #expect(!(try Program.run(["runs", "--store", good.store]).output.contains("CONFIRMED")))
  }

  @Test func `a run that a full disk stopped says so beside its verdict`() throws {
    let bench = try Desk(steps: 3)
    // What the index needs to begin with is there before the limit holds.
    _ = try Program.run(["runs", "--store", bench.store])
    let end = try Program.run(
      ["-c", "ulimit -f 60; exec \"$@\"", "limited", Program.path] + bench.arguments(unit: "F"),
      of: "/bin/bash")
    #expect(end.code == 3, "\(end.output)\(end.errors)")
    let verdict = try #require(end.output.split(separator: "\n").first { $0.hasPrefix("Verdict ") })
    #expect(verdict.hasPrefix("Verdict ERROR  the journal could not be written"), "\(verdict)")
  }

  @Test func `a report that cannot be written keeps the verdict and says how to get it`() throws {
    let bench = try Desk()
    let end = try bench.run(["--report", "/dev/null/report.html"])
    #expect(end.code == 0)
    #expect(end.errors.contains("the report could not be written"))
    #expect(end.errors.contains("bmsrig report U1-1 --output"))
    #expect(end.output.hasSuffix("Report  not written\n"))
    let json = try bench.run(["--report", "/dev/null/report.html", "--format", "json"])
    #expect(
      try OrderedJSON(parsing: json.output)["report_problem"]?.stringValue?.contains("could not be written")
        == true)
  }

  @Test func `a store that cannot be written ends with 2 before anything is opened`() throws {
    let bench = try Desk()
    let end = try Program.run(bench.arguments(store: "/dev/null/store"))
    #expect(end.code == 2)
    #expect(end.errors.contains("/dev/null/store"))
    let json = try Program.run(["runs", "--store", "/dev/null/store", "--format", "json"])
    #expect(json.code == 2)
    #expect(try OrderedJSON(parsing: json.output)["error"]?["message"]?.stringValue != nil)
  }

  @Test func `Ctrl-C aborts a simulated run and leaves a closed record`() throws {
    let bench = try Desk(steps: 2000)
    let process = try Program.start(bench.arguments())
    try process.waitForOutput("Loop")
    process.interrupt()
    let end = process.finish()
    #expect(end.code == 4, "\(end.output.suffix(400)) \(end.errors)")
    #expect(end.output.contains("Verdict ABORTED  Ctrl-C"))
    let shown = try Program.run(["show", "U1-1", "--store", bench.store])
    #expect(shown.output.contains("not reached"))
    #expect(shown.output.contains("Safe      confirmed"))
  }

  @Test func `a reader that goes away changes nothing`() throws {
    let bench = try Desk(steps: 200)
    let process = try Program.start(bench.arguments() + ["--json"])
    process.closeOutput()
    #expect(process.finish().code == 0)
    #expect(try Program.run(["runs", "--store", bench.store]).output.contains("PASS"))
  }

  /// A stopped pager, or a program that hangs behind the pipe: no run may stand still for that with outputs on.
  @Test func `a reader that stops reading does not hold the run, and gets everything later`() throws {
    let bench = try Desk(steps: 200)
    let report = bench.folder.appending(path: "late.html").path
    let process = try Program.start(bench.arguments() + ["--json", "--report", report])
    // Written when the run is over.
    #expect(process.waits(for: report, seconds: 60), "the run does not end while nobody reads")
    let end = process.finish()
    #expect(end.code == 0, "\(end.errors)")
    // Far more than a pipe holds.
    #expect(end.output.utf8.count > 200_000)
    #expect(end.output.split(separator: "\n").last?.contains("runEnded") == true)
  }

  @Test func `a seed and a store are honoured, and equal seeds give equal journals`() throws {
    let bench = try Desk()
    func journal(_ store: String, _ seed: Int) throws -> Data {
      let path = bench.folder.appending(path: store).path
      let end = try Program.run(bench.arguments(store: path) + ["--seed", "\(seed)"])
      #expect(end.code == 0)
      return try Data(contentsOf: URL(fileURLWithPath: path + "/journals/U1-1.jsonl"))
    }
    let first = try journal("a", 7)
    #expect(first == (try journal("b", 7)))
    #expect(first != (try journal("c", 8)))
  }

  // MARK: real rigs

  @Test func `instruments that cannot be reached are all named, and the run ends`() throws {
    let bench = try Desk(rig: "eol-line.yaml")
    // Ports of this computer where nobody listens: no test may talk to somebody's network.
    try bench.edit("rig.yaml") { $0.replacing(/tcp:\/\/192\.168\.10\.\d+:\d+/, with: "tcp://127.0.0.1:9") }
    // Nobody has run the golden unit there, and without a reason nothing would be opened.
    let end = try bench.run(["--override-start", "nothing is there"])
    #expect(end.code == 6, "\(end.output) \(end.errors)")
    for name in ["emulator", "source", "reference", "ntc1", "ntc2", "ntc3", "ntc4", "bank", "scope", "lines"]
    {
      #expect(end.output.contains("RIG ERROR  \(name): "), "\(name) is not named")
    }
    #expect(end.output.contains("Verdict ERROR"))
  }

  @Test func `a unit file has no place in a real rig`() throws {
    let bench = try Desk(rig: "eol-line.yaml")
    try bench.write("unit.yaml", "unit: x\nseed: 3\n")
    let end = try bench.run(["--unit-file", bench.path("unit.yaml")])
    #expect(end.code == 2)
    #expect(end.errors.contains("unit.yaml:1:1: a unit file describes a simulated unit"))
  }

  // MARK: looking back

  @Test func `runs, show and report answer in words and in JSON`() throws {
    let bench = try Desk()
    #expect(try bench.run().code == 0)
    #expect(try bench.run().code == 0)
    let store = ["--store", bench.store]
    let runs = try OrderedJSON(parsing: try Program.run(["runs", "--format", "json"] + store).output)
    #expect(runs["runs"]?.arrayValue?.map { $0["id"]?.stringValue } == ["U1-2", "U1-1"])
    #expect(runs["runs"]?.arrayValue?.map { $0["verdict"]?.stringValue } == ["pass", "pass"])
    #expect(try Program.run(["show", "U1-2"] + store).output.contains("Verdict   PASS"))
    let shown = try OrderedJSON(
      parsing: try Program.run(["show", "U1-2", "--format", "json"] + store).output)
    #expect(shown["verdict"]?.stringValue == "pass")
    let output = bench.path("out/report.json")
    #expect(
      try Program.run(["report", "U1-1", "--format", "json", "--output", output] + store).output == output
        + "\n")
    #expect(
      try OrderedJSON(parsing: String(contentsOfFile: output, encoding: .utf8))["verdict"]?.stringValue
        == "pass")
    #expect(try Program.run(["report", "U1-1"] + store).output.contains("</html>"))
    let nobody = try Program.run(["show", "U7", "--format", "json"] + store)
    #expect(nobody.code == 2)
    #expect(
      try OrderedJSON(parsing: nobody.output)["error"]?["advice"]?.stringValue?.contains("bmsrig runs")
        == true)
  }

  @Test(arguments: [
    ["instruments"], ["steps"], ["store", "rebuild"], ["store", "close"], ["runs"], ["check", "rig.yaml"],
  ])
  func `every command prints JSON when asked`(_ command: [String]) throws {
    let bench = try Desk()
    let store = command[0] == "store" || command[0] == "runs" ? ["--store", bench.store] : []
    let arguments = command.map { $0 == "rig.yaml" ? bench.path($0) : $0 }
    let end = try Program.run(arguments + ["--format", "json"] + store)
    #expect(end.code == 0, "\(end.errors)")
    guard case .object = try OrderedJSON(parsing: end.output) else {
      Issue.record("no object")
      return
    }
  }
}
