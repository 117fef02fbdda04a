import Foundation
import Testing

/// Files as people break them: every finding at once, with its place and a way out, and nothing opened.
@Suite struct BadInputTests {
  struct Slip: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var file = "procedure.yaml"
    var old: String
    var new: String
    /// Parts of the lines that must be printed.
    var findings: [String]
    init(
      _ title: String, in file: String = "procedure.yaml", _ old: String, _ new: String, _ findings: String...
    ) {
      (testDescription, self.file, self.old, self.new, self.findings) = (title, file, old, new, findings)
    }
  }

  static let slips = [
    Slip(
      "typo in a key", "title: Desk", "titel: Desk", "key 'title' is missing",
      "unknown key 'titel' (did you mean 'title'?)"),
    Slip("wrong unit", "wait: 1 s", "wait: 1 mV", "'wait': '1 mV' is a voltage, expected a time"),
    Slip(
      "unknown limit", "small-terminal", "smal-terminal",
      "no limit 'smal-terminal' (did you mean 'small-terminal'?)"),
    Slip(
      "unknown step kind", "step: channel-reading", "step: chanel-reading", "did you mean 'channel-reading'?"),
    Slip("not a number", "guard: 1.0", "guard: nan", "'guard': 'nan' is not a number"),
    Slip("huge number", "10 s", "1e400 s", "'1e400 s' is not a quantity"),
    Slip("wrong type", "{chemistry: LFP, cells: 24}", "[LFP, 24]", "'unit' is a list, expected a table"),
    Slip("tab", "    phases:", "\tphases:", "tab"),
    Slip(
      "unknown requirement", in: "specification.yaml", "SPEC-SAF-04, low: -2 V", "SPEC-SAF-99, low: -2 V",
      "there is no requirement 'SPEC-SAF-99'"),
    Slip(
      "missing role", in: "rig.yaml", "  pack-voltage: {", "  pack-voltag: {", "needs role 'pack-voltage'",
      "did you mean 'pack-voltage'?"),
    Slip(
      "expired calibration", in: "rig.yaml", "2099-12-31", "2026-01-02",
      "calibration of 'emulator' expired after 2026-01-02"),
    Slip(
      "duplicated channel", in: "rig.yaml", "channel: 205}", "channel: 206}",
      "is used by 'pack-voltage' already"),
    Slip(
      "channel that does not exist", in: "rig.yaml", "channel: 205}", "channel: 999}",
      "'reference' has no channel 999"),
    Slip("unknown driver", in: "rig.yaml", "itech-it6000c", "itech-it6000", "did you mean 'itech-it6000c'?"),
    Slip("unknown option", in: "rig.yaml", "range: 06-10", "rnge: 06-10", "no option 'rnge'"),
    Slip("broken address", in: "rig.yaml", "sim://reference", "reference", "it has no scheme"),
    Slip(
      "two worlds", in: "rig.yaml", "sim://reference", "tcp://10.0.0.1:5025",
      "simulated and real addresses are mixed"),
    Slip(
      "wrong role for an instrument", in: "rig.yaml", "{instrument: reference, channel: 205}",
      "{instrument: bank, channel: 1}", "needs a voltmeter"),
  ]

  @Test(arguments: slips) func `a slip is found with place and suggestion`(_ slip: Slip) throws {
    let desk = try Desk()
    let old = slip.old == "    phases:" ? "phases:" : slip.old
    try desk.edit(slip.file) { $0.replacing(old, with: slip.new, maxReplacements: 1) }
    let end = try desk.run()
    #expect(end.code == 2)
    #expect(end.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: desk.store), "the store was touched")
    for finding in slip.findings {
      let line = end.errors.split(separator: "\n").first { $0.contains(finding) }
      #expect(line?.contains(#/\.yaml:\d+:\d+: /#) == true, "'\(finding)' is not among: \(end.errors)")
    }
  }

  @Test func `slips in procedure, rig and unit file are told together`() throws {
    let desk = try Desk()
    try desk.edit("procedure.yaml") {
      $0.replacing("workflow: EOL", with: "workflw: EOL").replacing("wait: 1 s", with: "wait: 1 V")
    }
    try desk.edit("rig.yaml") {
      $0.replacing("title: Simulated rig", with: "titel: x").replacing(
        "2099-12-31", with: "2026-01-02", maxReplacements: 1)
    }
    try desk.write("unit.yaml", "unit: x\nchannels: {7: {offst: 25 mV}}\n")
    let end = try desk.run(["--unit-file", desk.path("unit.yaml")])
    #expect(end.code == 2)
    for word in ["'workflw'", "'wait'", "'titel'", "expired after", "did you mean 'channels.N.offset'?"] {
      #expect(end.errors.contains(word), "\(word) is missing in: \(end.errors)")
    }
    let checked = try Program.run([
      "check", desk.path("procedure.yaml"), desk.path("rig.yaml"), desk.path("unit.yaml"),
    ])
    #expect(checked.code == 2)
    for word in ["'workflw'", "'wait'", "'titel'", "offst"] { #expect(checked.errors.contains(word)) }
  }

  @Test func `two steps with one id are one finding, not a crash`() throws {
    let desk = try Desk()
    try desk.edit("procedure.yaml") {
      $0
        + "      - {step: quiescent-current, id: r1, title: Again, measure: {supply-current: quiescent-active}}\n"
    }
    let end = try desk.run()
    #expect(end.code == 2)
    #expect(end.errors.contains("step id 'r1' is used in line"))
  }

  /// Each with its type written out: the compiler takes a fifth of a minute to infer them from one list.
  static let oddFiles: [(bytes: [UInt8], words: String)] = {
    let deep: String = "a: " + String(repeating: "[", count: 5000) + "\n"
    var aliases = "a: &a [x,x]\n"
    var last = "a"
    for index in 0..<30 {
      aliases += "b\(index): &b\(index) [*\(last)]\n"
      last = "b\(index)"
    }
    let texts: [(String, String)] = [
      ("", "the file is empty"), ("# nothing\n", "nothing but comments"),
      ("procedure: [a, b", "this is not YAML"), ("procedure: cut\ntitle: C", "may be cut off"),
      (deep, "deeper than 32 levels"), (aliases, "aliases are not read"),
    ]
    let latin1: [UInt8] = [0x63, 0x61, 0x66, 0xe9, 0x3a, 0x20, 0x78, 0x0a]
    return texts.map { ([UInt8]($0.0.utf8), $0.1) } + [([UInt8](0...255), "binary"), (latin1, "not UTF-8")]
  }()

  @Test(arguments: oddFiles) func `what is no file of ours is refused with a place`(
    _ bytes: [UInt8], _ words: String
  ) throws {
    let desk = try Desk()
    try Data(bytes).write(to: desk.folder.appending(path: "odd.yaml"))
    let end = try Program.run(["check", desk.path("odd.yaml")])
    #expect(end.code == 2)
    #expect(end.errors.contains(#/odd\.yaml:\d+:\d+: /#) && end.errors.contains(words), "\(end.errors)")
  }

  @Test func `folders, devices and missing files are refused, not read`() throws {
    for path in ["/tmp", "/dev/zero", "/nowhere/rig.yaml"] {
      let end = try Program.run(["check", path])
      #expect(end.code == 2)
      #expect(end.errors.hasPrefix("\(path):1:1: "))
    }
  }

  @Test func `a procedure cut before its closing phase does not leave test settings in units`() throws {
    let bench = try Desk()
    let whole = try String(
      contentsOfFile: Scenario.root + "/Procedures/end-of-line.yaml", encoding: .utf8)
    let cut = String(whole[..<(try #require(whole.range(of: "\nclosing:")).lowerBound)]) + "\n"
    try bench.write(
      "cut.yaml",
      cut.replacing(
        "Specification/ek-b24s8e300a.yaml",
        with: Scenario.root + "/Procedures/Specification/ek-b24s8e300a.yaml"))
    let end = try Program.run(["check", bench.path("cut.yaml")])
    #expect(end.code == 2)
    #expect(end.errors.contains("changes settings of the unit, and nothing restores them"))
  }
}
