import Foundation
import Model
import Testing

@testable import Reports

@Suite struct JSONReportTests {
  func bytes(_ story: SampleRun.Story) -> [UInt8] {
    JSONReport().render(record: SampleRun(story).record, context: HTMLReportTests.context)
  }
  func object(_ story: SampleRun.Story) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes(story))) as? [String: Any])
  }

  @Test func `verdict, failures and limits are where a program looks for them`() throws {
    let report = try object(.fail)
    #expect(report["verdict"] as? String == "fail")
    #expect((report["unit"] as? [String: Any])?["serial"] as? String == "EK300A2611000042")
    #expect((report["counts"] as? [String: Int])?["fail"] == 2)
    let steps = try #require(report["steps"] as? [[String: Any]])
    let step = try #require(steps.first { $0["id"] as? String == "overcharge" })
    #expect(step["state"] as? String == "fail")
    let trip = try #require((step["measurements"] as? [[String: Any]])?.first)
    #expect(trip["value"] as? Double == 4.2312)
    #expect(trip["unit"] as? String == "V")
    #expect(trip["uncertainty"] as? Double == 0.0012)
    let limit = try #require(trip["limit"] as? [String: Any])
    #expect(limit["high"] as? Double == 4.215)
    #expect(abs((limit["acceptHigh"] as? Double ?? 0) - 4.2138) < 1e-12)
    #expect(limit["basis"] as? String == "vendor")
    #expect(limit["also"] as? [String] == ["SPEC-OVP-22"])
    let accuracy = try #require(steps.first { $0["id"] as? String == "accuracy-low" })
    let error = try #require(
      (accuracy["measurements"] as? [[String: Any]])?.first?["limit"] as? [String: Any])
    #expect((error["conflicts"] as? [[String: String]])?.first?["id"] == "C-08")
  }

  @Test func `answers of people are there word for word`() throws {
    let answers = try #require(try object(.pass)["answers"] as? [[String: Any]])
    #expect(answers.count == 1)
    #expect(answers[0]["prompt"] as? String == "kit-screws" && answers[0]["answer"] as? String == "4")
    #expect(answers[0]["person"] as? String == "M. Weber" && answers[0]["origin"] as? String == "terminal")
  }

  @Test func `limits of ours are named so`() throws {
    let text = String(decoding: bytes(.pass), as: UTF8.self)
    #expect(text.contains("\"basis\": \"project default\""))
  }

  @Test func `a seed of 64 bits survives`() throws {
    let trace = try #require(try object(.pass)["traceability"] as? [String: Any])
    #expect(trace["seed"] as? String == "18446744073709551615")
    #expect(trace["journalHead"] as? String == SHA256.hex(of: [1]))
  }

  @Test func `the same record gives the same bytes`() { #expect(bytes(.fail) == bytes(.fail)) }

  @Test func `every event is one line of JSON with its kind`() throws {
    for story in SampleRun.Story.allCases {
      for event in SampleRun(story).events {
        let line = EventStreamJSON().line(for: event)
        #expect(!line.contains("\n"))
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(parsed["sequence"] as? Int == event.sequence)
        #expect(parsed["event"] is String)
      }
    }
  }

  @Test func `the catalogue knows its formats`() {
    #expect(ReportCatalog.formats.map { $0.name } == ["html", "json"])
    #expect(ReportCatalog.format(named: "html") != nil)
    #expect(ReportCatalog.format(named: "pdf") == nil)
  }

  static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0) && run($0, ["-c", "import jsonschema"]).status == 0
  }

  @Test(
    .enabled(
      if: JSONReportTests.python != nil, "python3 with jsonschema is needed to check the published schema"),
    arguments: SampleRun.Story.allCases)
  func `every sample obeys the published schema`(story: SampleRun.Story) throws {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory() + "bmsrig-schema-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(JSONReportSchema.text.utf8).write(to: folder.appending(path: "schema.json"))
    try Data(bytes(story)).write(to: folder.appending(path: "report.json"))
    let program = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1] + '/schema.json'))
      report = json.load(open(sys.argv[1] + '/report.json'))
      checker = jsonschema.Draft202012Validator
      checker.check_schema(schema)
      problems = [str(e.json_path) + ': ' + e.message for e in checker(schema).iter_errors(report)]
      del report['verdict']
      problems += [] if list(checker(schema).iter_errors(report)) else ['a report without verdict was accepted']
      print('; '.join(problems[:5]))
      sys.exit(1 if problems else 0)
      """
    let result = Self.run(try #require(Self.python), ["-c", program, folder.path])
    #expect(result.status == 0, "\(result.output)")
  }

  static func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return (127, "cannot run \(program)") }
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
