import Documents
import Foundation
import Model
import Quantities
import Testing

@Suite struct RigDocumentTests {
  static let checks = RigDocument.Checks(
    address: { $0.contains("://") ? nil : "'\($0)' is no address" },
    driver: { $0.hasPrefix("x-") ? "unknown driver '\($0)'" : nil })

  static let text = (try? String(contentsOfFile: repository + "/Rigs/simulated.yaml", encoding: .utf8)) ?? ""

  /// The simulated rig with one text replaced.
  func reading(_ old: String, _ new: String) throws -> DocumentReading<RigDocument> {
    let text = Self.text.replacing(old, with: new, maxReplacements: 1)
    #expect(text != Self.text, "nothing replaced")
    let document = try #require(YAMLDocument.parse(text: text, file: "r.yaml").value)
    return RigDocument.read(document, checks: Self.checks)
  }

  @Test(arguments: ["simulated", "eol-line"])
  func `the rigs we ship are complete`(name: String) throws {
    let reading = RigDocument.load(path: "\(repository)/Rigs/\(name).yaml", checks: Self.checks)
    #expect(reading.findings == [])
    let document = try #require(reading.value)
    #expect(document.rig.name == name)
    #expect(document.rig.roles.map(\.name) == RoleName.allCases)
    #expect(document.rig.safeState.map(\.action) == SafeStateStep.Action.allCases)
    #expect(document.calibrationFindings(on: "2026-11-22") == [])
    #expect(document.reference.contentHash.count == 64)
  }

  /// Each mistake in `watch:`, `self-test:` and `golden-unit:` is found, with what would be right.
  @Test(arguments: [
    ("wach: {}", "unknown key 'wach' (did you mean 'watch'?)"),
    ("watch: {cell-voltage: {hihg: 4.6 V}}", "did you mean 'high'"),
    ("watch: {cell-voltage: {high: 4.6 A}}", "'4.6 A' is a current, expected a voltage"),
    ("watch: {cell-votage: {high: 4.6 V}}", "did you mean 'cell-voltage'"),
    ("watch: {a: {role: pack-voltag, high: 1 V}}", "pack-voltage"),
    ("watch: {a: {role: pack-voltage}}", "live limit 'a' has no band"),
    ("watch: {a: {role: pack-voltage, low: 2 V, high: 1 V}}", "'low' is not below 'high'"),
    ("watch: {a: {role: cover, high: 1 V}}", "a contact has no band"),
    ("watch: {a: {quantity: loop-charge, high: 5 V}}", "expected a charge"),
    ("watch: {a: {role: cover, quantity: loop-charge}}", "needs one of 'role' and 'quantity'"),
    ("watch: {cover: {fence: maybe}}", "'fence'"),
    ("watch: {cell-voltage: {high: 4.6 V, every: 1 ms}}", "every"),
    (
      "watch: {cell-voltage: {every: 60 s}}",
      "'every: 60 s' looks less often than the 1 s of the limit that exists without being written"
    ),
    (
      "watch: {cell-voltage: {high: 1000 V}}",
      "'1000 V' is wider than the envelope, which makes it ≤ 4.59 V (stay inside it, or write 'fence: off'"
    ),
    ("watch: {loop-current: {low: -400 A}}", "'-400 A' is wider than the envelope"),
    ("watch: {pack-sum: {high: 20 V}}", "'20 V' is wider than the envelope"),
    (
      "watch: {cell-voltage: {role: pack-voltage, high: 4 V}}",
      "looks at 'cell-reference'; it cannot look at 'pack-voltage' instead"
    ),
    ("watch: {cover: {role: pack-voltage, high: 4 V}}", "it cannot look at 'pack-voltage' instead"),
    (
      "watch: {pack-sum: {quantity: loop-charge, high: 5 C, fence: off}}",
      "it cannot look at 'loop-charge' instead"
    ),
    ("golden-unit: {serial: G}", "key 'every' is missing"),
    ("self-test: {every: 24 A}", "is a current"),
  ])
  func `a live limit or start rule that cannot be is a finding`(_ line: String, _ words: String) throws {
    let text = Self.text + "\n\(line)\n"
    let document = try #require(YAMLDocument.parse(text: text, file: "r.yaml").value)
    let findings = RigDocument.read(document, checks: Self.checks).findings.map(\.description)
    #expect(findings.contains { $0.contains(words) }, "\(findings)")
  }

  @Test func `live limits exist without being written, and can be changed, added and switched off`() throws {
    let plain = try #require(
      RigDocument.load(path: repository + "/Rigs/simulated.yaml", checks: Self.checks).value
    ).rig.watches
    let names = ["emergency-stop", "cover", "cell-voltage", "pack-sum", "short-bank", "loop-current"]
    #expect(names.allSatisfy { name in plain.contains { $0.name == name && $0.isOn } })
    let text = Self.text.replacing("\nwatch:\n", with: "\nold-watch:\n")
    let lines = """

      watch:
        cell-voltage: {high: 4.55 V, every: 500 ms}
        cover: {fence: off}
        heat: {quantity: unit-temperature, high: 95 °C, trips: aborted}
      """
    let document = try #require(YAMLDocument.parse(text: text + lines + "\n", file: "r.yaml").value)
    let draft = RigDocument.draft(document, checks: Self.checks).draft
    let rules = try #require(draft).rig.watches
    let cells = try #require(rules.first { $0.name == "cell-voltage" })
    #expect(cells.high == 4.55 && cells.every == TimeSpan(0.5) && cells.subject == .role(.cellReference))
    let cover = try #require(rules.first { $0.name == "cover" })
    #expect(!cover.isOn)
    let heat = try #require(rules.first { $0.name == "heat" })
    #expect(heat.verdict == .aborted)
  }

  /// The first says what it looks at once more, the second asks for nothing, the third may be narrower on one side.
  @Test(arguments: [
    "cell-voltage: {role: cell-reference, high: 4.59 V}", "cell-voltage: {high: 1000 V, fence: off}",
    "loop-current: {high: 100 A}", "cell-voltage: {low: 1 V}",
  ])
  func `a live limit that exists without being written may be narrowed or switched off`(_ line: String)
    throws
  {
    let text = Self.text + "\nwatch: {\(line)}\n"
    let document = try #require(YAMLDocument.parse(text: text, file: "r.yaml").value)
    #expect(RigDocument.read(document, checks: Self.checks).findings == [])
  }

  @Test func `roles become channels in order, over several instruments too`() throws {
    let rig = try #require(
      RigDocument.load(path: repository + "/Rigs/eol-line.yaml", checks: Self.checks).value
    ).rig
    let reference = try #require(rig.role(.cellReference))
    #expect(reference.members.map(\.channel) == Array(101...120) + Array(201...204))
    #expect(rig.role(.thermistors)?.members.map(\.description) == ["ntc1/1", "ntc2/1", "ntc3/1", "ntc4/1"])
    #expect(rig.role(.thermistors)?.instruments.count == 4)
    #expect(rig.role(.emergencyStop)?.activeLevel == false)
    #expect(rig.role(.cover)?.activeLevel == true)
    #expect(rig.instrument("emulator")?.uncertainty["voltage"] == AnyQuantity(0.0007, .voltage))
    #expect(rig.wiring.shortLoopInductanceHenries == 1e-6)
    #expect(rig.safeState.last?.limit == AnyQuantity(5, .voltage))
  }

  @Test(arguments: [
    ("channel: 206", "channel: 205", "channel reference/205 is used by 'pack-voltage' already"),
    ("[ntc1/1, ntc2/1", "[ntc1/1, ntc1/1", "channel ntc1/1 is used twice"),
    ("channels: 1-24", "channels: 1-15", "role 'cells' has 15 channels, needs 16 to 24"),
    ("channels: 1-24", "channels: 1-20", "cell-reference has 24 channels, cells has 20"),
    ("channels: 1-24", "channels: 24-1", "'24-1' counts downwards"),
    ("channels: 1-24", "channels: 1-2400000000", "'1-2400000000' names more than 100 channels"),
    ("channels: 1-24", "channels: all", "'all' is no list of channels"),
    ("channels: 1-24", "channel: 1, channels: 1-24", "role 'cells' needs its channels in one way"),
    ("[ntc1/1, ntc2/1", "[ntc1/1, ntc22", "'ntc22' is not instrument/channel"),
    ("[ntc1/1, ntc2/1", "[ntc1/1, ntc7/1", "there is no instrument 'ntc7'"),
    ("instrument: emulator", "instrument: emulater", "there is no instrument 'emulater'"),
    ("  pack-voltage: {inst", "  pack-volts: {inst", "unknown role 'pack-volts'"),
    ("driver: ngi-n83624", "driver: x-1", "unknown driver 'x-1'"),
    ("sim://emulator", "emulator", "'emulator' is no address"),
    ("sim://unit", "unit", "'unit' is no address"),
    ("cell-voltage-max: 4.5 V", "cell-voltage-max: 6 V", "'cell-voltage-max': '6 V' is outside 1.5 V … 5 V"),
    ("cell-voltage-min: 0 V", "cell-voltage-min: 4.5 V", "the lowest cell voltage is not below the highest"),
    (
      "pack-voltage-max: 108 V", "pack-voltage-max: 120 V",
      "'pack-voltage-max': '120 V' is outside 1 V … 108 V"
    ),
    ("voltage: 0.7 mV", "voltage: 0.7 mA", "'voltage': '0.7 mA' is a current, expected a voltage"),
    ("voltage: 0.7 mV", "precision: 0.7 mV", "'precision' does not say what is uncertain"),
    ("voltage: 0.7 mV", "voltage: 0 V", "an uncertainty is more than zero"),
    ("date: \"2026-01-01\"", "date: \"2026-02-30\"", "'2026-02-30' is no calendar date"),
    ("due: \"2099-12-31\"", "due: \"2025-12-31\"", "the calibration is due before it was done"),
    (
      "    calibration: {certificate: SIM-EMULATOR, date: \"2026-01-01\", due: \"2099-12-31\"}\n", "",
      "'emulator' serves 'cells' and has no calibration"
    ),
    (
      "    uncertainty: {voltage: 0.7 mV, current: 2 mA, current-relative: 0.25 %}\n", "",
      "'emulator' serves 'cells' and has no uncertainty"
    ),
    ("channel: 205}", "channel: 205, active: low}", "'pack-voltage' is no line, so it has no active level"),
    (
      "  - {action: loop-off, within: 500 ms}\n", "",
      "the rig has 'loop-source', but the safe state lacks 'loop-off'"
    ),
    (
      "  - {action: auxiliary-off, within: 500 ms}\n", "",
      "the rig has 'auxiliary-supply', but the safe state lacks 'auxiliary-off'"
    ),
    (
      "  - {action: release-fixture, within: 500 ms}\n", "",
      "the rig has 'node-crossing', but the safe state lacks 'release-fixture'"
    ),
    ("  crossed-node: 8\n", "", "the rig has 'node-crossing', but 'wiring:' lacks 'crossed-node'"),
    (
      "  auxiliary-voltage-max: 100 V\n", "",
      "the rig has 'auxiliary-supply', but 'envelope:' lacks 'auxiliary-voltage-max'"
    ),
    (
      "[0.1 Ω, 0.2 Ω, 0.5 Ω, 1 Ω, 2 Ω]", "[0.1 Ω, 0.2 Ω]",
      "'line-resistors' has 5 relays, 'wiring:' gives 2 values"
    ),
    (
      "- {action: loop-off, within: 500 ms}\n", "- {action: open-loop-contactor, within: 500 ms}\n",
      "'open-loop-contactor' stands twice"
    ),
    (
      "action: loop-current-falls, limit: 1 A", "action: loop-current-falls",
      "'loop-current-falls' needs a limit"
    ),
    ("limit: 5 V", "limit: 5 A", "'limit': '5 A' is a current, expected a voltage"),
    ("loop-off, within", "loop-off, limit: 0 A, within", "'loop-off' has no limit"),
  ])
  func `a slip is found`(old: String, new: String, message: String) throws {
    let reading = try reading(old, new)
    #expect(reading.value == nil)
    #expect(reading.findings.contains { $0.message == message }, "\(reading.findings)")
  }

  @Test func `a contactor that would open under load is refused`() throws {
    let falls = "  - {action: loop-current-falls, limit: 1 A, within: 500 ms}\n"
    let open = "  - {action: open-loop-contactor, within: 200 ms}\n"
    #expect(
      try reading(falls + open, open + falls).findings.map(\.message) == [
        "'loop-current-falls' stands after 'open-loop-contactor': the contactor must not open under load"
      ])
  }

  @Test func `all slips of a file are found at once`() throws {
    let text = Self.text.replacing("channel: 206", with: "channel: 205")
      .replacing("driver: ngi", with: "driver: x").replacing(
        "cell-voltage-min: 0 V", with: "cell-voltage-min: 4.5 V")
    let document = try #require(YAMLDocument.parse(text: text, file: "r.yaml").value)
    #expect(RigDocument.read(document, checks: Self.checks).findings.count == 3)
  }

  @Test func `a calibration holds through its last day`() throws {
    let document = try #require(
      RigDocument.load(path: repository + "/Rigs/eol-line.yaml", checks: Self.checks).value)
    #expect(document.calibrationFindings(on: "2027-03-31") == [])
    let late = document.calibrationFindings(on: "2027-04-01")
    #expect(late.count == 14)
    #expect(late.first?.message == "the calibration of 'emulator' expired after 2027-03-31")
    #expect(document.calibrationFindings(on: "2026-03-01").count == 14)
  }

  @Test func `damaged rig files are refused or read, never crash`() throws {
    let bytes = Array(Self.text.utf8)
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<150 {
      var damaged = bytes
      for _ in 0...next(3) {
        let at = next(damaged.count)
        switch next(3) {
        case 0: damaged[at] = UInt8(next(128))
        case 1: damaged.removeSubrange(at..<min(damaged.count, at + next(40)))
        default: damaged.insert(contentsOf: damaged[at..<min(damaged.count, at + next(40))], at: at)
        }
      }
      let reading = YAMLDocument.parse(text: String(decoding: damaged, as: UTF8.self), file: "r.yaml")
      guard let document = reading.value else {
        #expect(!reading.findings.isEmpty)
        continue
      }
      let rig = RigDocument.read(document, checks: Self.checks)
      #expect((rig.value == nil) == !rig.findings.isEmpty)
    }
  }
}
