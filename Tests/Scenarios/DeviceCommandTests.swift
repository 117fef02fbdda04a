import Foundation
import Quantities
import Testing

/// The phone app's functions, against the simulated unit.
@Suite struct DeviceCommandTests {
  private let rig = CommandLineTests.root.appending(path: "Rigs/simulated.yaml").path

  private func device(_ arguments: [String], input: String? = nil) throws -> Program.End {
    try Program.run(["device"] + arguments + ["--rig", rig], input: input.map { Data($0.utf8) })
  }

  /// A file that is gone at the end of `body`.
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "bmsrig-\(UUID().uuidString).yaml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try body(path)
  }

  @Test func `a scan names the unit and that it is one`() throws {
    let end = try device(["scan"])
    #expect(end.code == 0)
    #expect(end.output.contains("EK-24S300A"))
    #expect(end.output.contains("yes"))
    let json = try OrderedJSON(parsing: try device(["scan", "--format", "json"]).output)
    let peripherals = try #require(json["peripherals"]?.arrayValue)
    // The beacon of the fixture advertises, too.
    #expect(peripherals.count == 2)
    let found = peripherals.filter { $0["of_family"] == .bool(true) }
    #expect(found.count == 1)
    let address = try #require(found.first?["address"]?.stringValue)
    #expect(try device(["info", "--address", address.lowercased()]).code == 0)
  }

  @Test func `info tells who the unit is and keeps the password to itself`() throws {
    let end = try device(["info"])
    #expect(end.code == 0)
    for word in ["EK-B24S8E300A", "SW-2.0.0", "Power-ons", "Since power-on"] {
      #expect(end.output.contains(word))
    }
    #expect(!end.output.contains("123456"))
    #expect(try device(["info", "--reveal-password"]).output.contains("123456"))
    #expect(try !device(["info", "--format", "json"]).output.contains("123456"))
  }

  @Test func `watch gives one line per frame and ends by itself`() throws {
    let end = try device(["watch", "--count", "3"])
    #expect(end.code == 0)
    #expect(end.output.split(separator: "\n").count == 3)
    let lines = try device(["watch", "--json", "--seconds", "5"]).output.split(separator: "\n")
    // About two frames a second.
    #expect((8...11).contains(lines.count), "\(lines.count) frames in 5 s")
    for line in lines {
      #expect(try OrderedJSON(parsing: String(line))["cell_voltage_v"]?.arrayValue?.count == 24)
    }
  }

  @Test func `without a unit every command says what to check`() throws {
    try withFile("unit: dead\nsupply: {wake-switch: false}\n") { path in
      for command in [["scan"], ["info"], ["watch"], ["settings", "get"]] {
        let end = try device(command + ["--unit-file", path])
        #expect(end.code == 3, "\(command)")
        #expect(end.errors.contains("no phone is connected"), "\(end.errors)")
      }
    }
  }

  @Test(arguments: [
    ["info", "--link", "can://can0"], ["info", "--link", "sim://unit"], ["info", "--link", "hci0"], ["info"],
    ["info", "--link", "ble://hci0", "--rig", "x.yaml"], ["info", "--link", "ble://hci0", "--address", "12"],
  ]) func `an address that is none is bad input`(_ arguments: [String]) throws {
    let end = try Program.run(["device"] + arguments)
    #expect(end.code == 2)
    #expect(!end.errors.isEmpty)
  }

  // MARK: settings

  @Test func `a setting is written, read back and told with its unit`() throws {
    let end = try device(["settings", "set", "balance-start-difference", "7 mV"])
    #expect(end.code == 0)
    #expect(end.output == "balance-start-difference: 5 mV → 7 mV, read back\n")
    #expect(try device(["settings", "set", "balancing", "on"]).code == 0)
    #expect(
      try device(["settings", "set", "bluetooth-name", "PACK-7"]).output.contains("→ PACK-7, read back"))
    #expect(try device(["settings", "get", "cell-overvoltage-protection"]).output == "3.65 V\n")
  }

  @Test func `what protects the battery is not changed without a yes`() throws {
    let asked = try device(["settings", "set", "cell-overvoltage-protection", "3.7 V"])
    #expect(asked.code == 2)
    #expect(asked.errors.contains("3.65 V → 3.7 V"))
    #expect(asked.errors.contains("--yes"))
    #expect(try device(["settings", "set", "cell-overvoltage-protection", "3.7 V", "--yes"]).code == 0)
  }

  @Test(arguments: [
    ("cell-overvoltage-protection", "4.6 V", "the unit measures"),
    ("charge-overcurrent", "301 A", "the manual allows"), ("cell-count", "15", "the manual allows"),
    ("cell-overvoltage-protection", "3.65", "unit"), ("cell-overvoltage-protection", "3 A", "is a current"),
    ("charge-overcurrent-delay", "1.5 s", "whole number"),
    ("cell-overvolt-protection", "3 V", "did you mean"),
    ("reference-voltage", "2 V", "there is no setting"),
  ]) func `a value that no unit takes is refused before anything is opened`(
    name: String, value: String, words: String
  ) throws {
    let end = try Program.run(["device", "settings", "set", name, value, "--yes", "--link", "ble://none"])
    #expect(end.code == 2)
    #expect(end.errors.contains(words), "\(end.errors)")
  }

  @Test func `the current limit follows the variant that answers`() throws {
    try withFile("unit: sister\nidentity: {model: EK-B24S8E200A}\nrating: 200 A\n") { path in
      let end = try device([
        "settings", "set", "charge-overcurrent", "250 A", "--yes", "--unit-file", path,
      ])
      #expect(end.code == 2, "\(end.errors)")
      #expect(end.errors.contains("15 A … 200 A"))
    }
  }

  @Test func `a setting that the unit does not keep is a fail`() throws {
    let end = try device(["settings", "set", "battery-type", "4", "--yes"])
    #expect(end.code == 1)
    #expect(end.errors.contains("asked for 4, the unit kept 2 as before"), "\(end.errors)")
  }

  @Test func `what was exported is imported as no difference`() throws {
    let text = try device(["settings", "export", "-"]).output
    #expect(text.contains("cell-overvoltage-protection: 3.65 V"))
    #expect(text.contains("factory NCM 4.2 V, LFP 3.65 V, LTO 2.7 V"))
    try withFile(text) { path in
      let end = try device(["settings", "import", path])
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output.hasPrefix("0 of "))
      #expect(try device(["settings", "export", path]).code == 2, "a file is not replaced unasked")
    }
  }

  @Test func `an import writes only what differs`() throws {
    try withFile(
      """
      unit-settings: EK-B24S8E300A
      settings: {balance-current: 6 A, cell-count: 24, nominal-capacity: 300 Ah}

      """
    ) { path in
      let dry = try device(["settings", "import", path, "--dry-run"])
      #expect(dry.code == 0)
      #expect(dry.output.contains("2 of 3 settings differ; nothing was written"))
      let end = try device(["settings", "import", path])
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output.contains("balance-current: 6 A, read back"))
      #expect(!end.output.contains("cell-count"))
    }
  }

  @Test func `an import that the unit does not take to its end says how far it came`() throws {
    try withFile(
      """
      unit-settings: EK-B24S8E300A
      settings:
        balance-current: 6 A
        battery-type: 4
        nominal-capacity: 300 Ah

      """
    ) { path in
      let end = try device(["settings", "import", path, "--yes"])
      #expect(end.code == 1)
      #expect(end.errors.contains("battery-type: asked for 4, the unit kept 2"))
      #expect(end.errors.contains("changed and read back: balance-current"))
      #expect(end.errors.contains("not attempted: nominal-capacity"))
    }
  }

  @Test func `every mistake of a settings file is named with its place`() throws {
    try withFile(
      """
      unit-settings: EK-B24S8E300A
      settings:
        balance-current: 9 A
        cell-cuont: 16
        charge-overcurrent: 100 V

      """
    ) { path in
      let end = try device(["settings", "import", path, "--yes"])
      #expect(end.code == 2)
      #expect(end.errors.contains("\(path):3:20: balance-current: 9 A is outside 1 A … 8 A"), "\(end.errors)")
      #expect(end.errors.contains("did you mean 'cell-count'?"))
      #expect(end.errors.contains(":5:23:"))
    }
    try withFile("unit-settings: EK-B24S8E200A\nsettings: {balance-current: 6 A}\n") { path in
      let end = try device(["settings", "import", path])
      #expect(end.code == 2)
      #expect(end.errors.contains("\(path):1:16: these are settings of 'EK-B24S8E200A'"), "\(end.errors)")
    }
  }

  // MARK: password

  @Test func `a password is compared without being shown`() throws {
    let same = try device(["password", "check", "--password-file", "-"], input: "123456\n")
    #expect(same.code == 0)
    let other = try device(["password", "check", "--password-file", "-"], input: "654321\n")
    #expect(other.code == 1)
    for end in [same, other] { #expect(!(end.output + end.errors).contains("123456")) }
    #expect(try device(["password", "check"]).output.contains("the factory's"))
  }

  @Test func `a password is not written to a register with a known meaning`() throws {
    let closed = try device(
      ["password", "change", "--register", "0x05", "--password-file", "-", "--yes"], input: "654321\n")
    #expect(closed.code == 2)
    let unknown = try device(
      ["password", "change", "--register", "0x30", "--password-file", "-", "--yes"], input: "654321\n")
    #expect(unknown.code == 1)
    #expect(unknown.errors.contains("the unit kept its password"), "\(unknown.errors)")
    let right = try device(
      ["password", "change", "--register", "0x1B", "--password-file", "-", "--yes"], input: "654321\n")
    #expect(right.code == 0)
    #expect(right.output == "the password was changed and read back\n")
    let unasked = try device(
      ["password", "change", "--register", "0x30", "--password-file", "-"], input: "654321\n")
    #expect(unasked.code == 2)
  }

  @Test func `the register for a password may come from the rig file, and without one nothing is written`()
    throws
  {
    let change = ["password", "change", "--password-file", "-", "--yes"]
    let named = try device(change, input: "654321\n")
    #expect(named.code == 0, "\(named.errors)")
    #expect(named.output == "the password was changed and read back\n")
    let desk = try Desk()
    try desk.edit("rig.yaml") { $0.replacing("  password-register: 05/1B\n", with: "") }
    let nameless = try Program.run(
      ["device"] + change + ["--rig", desk.path("rig.yaml")], input: Data("654321\n".utf8))
    #expect(nameless.code == 2)
    #expect(nameless.errors.contains("password-register"), "\(nameless.errors)")
  }
}
