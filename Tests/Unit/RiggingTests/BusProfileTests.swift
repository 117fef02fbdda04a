import Capabilities
import DUT
import Foundation
import Model
import Testing

@testable import Rigging

/// A rig file that names a DBC file for the unit's bus: what fits, and what is said when it does not.
@Suite struct `The profile of the unit's bus` {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The findings of the simulated rig with another `unit-bus`, in a folder with `own.dbc`.
  private func load(_ bus: String, dbc: String? = nil) throws -> (file: RigFile?, findings: [Finding]) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-bus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = try String(contentsOf: Self.root.appending(path: "Rigs/simulated.yaml"), encoding: .utf8)
    let parts = text.components(separatedBy: "unit-bus:\n  address: sim://unit-can\n  confirmed: yes\n")
    try #require(parts.count == 2)
    let rig = folder.appending(path: "rig.yaml")
    try (parts[0] + bus + parts[1]).write(to: rig, atomically: true, encoding: .utf8)
    let own =
      try dbc
      ?? String(contentsOf: Self.root.appending(path: "Rigs/CAN/pylontech-candidate.dbc"), encoding: .utf8)
    try own.write(to: folder.appending(path: "own.dbc"), atomically: true, encoding: .utf8)
    return RigFile.load(path: rig.path)
  }

  private func bus(_ lines: String...) -> String {
    "unit-bus:\n  address: sim://unit-can\n  dbc: own.dbc\n  confirmed: no\n"
      + lines.map { "  \($0)\n" }.joined()
  }

  /// What is said about one wrong entry.
  private func finding(_ lines: String..., dbc: String? = nil) throws -> String {
    let text = "unit-bus:\n  address: sim://unit-can\n  dbc: own.dbc\n  confirmed: no\n"
    let (_, findings) = try load(text + lines.map { "  \($0)\n" }.joined(), dbc: dbc)
    #expect(findings.count == 1, "\(findings.map(\.description))")
    return findings.first?.description ?? ""
  }

  @Test func `a mapping that fits is read, relative to the rig file`() throws {
    let (file, findings) = try load(
      bus(
        "positive-current: discharging", "signals:", "  pack-voltage: Measurements.Voltage",
        "  pack-current: Measurements.Current", "  temperatures: [Measurements.Temperature]"))
    #expect(findings.isEmpty, "\(findings.map(\.description))")
    let profile = try #require(file?.rig.unitBus?.profile)
    #expect(profile.file == "own.dbc" && !profile.positiveIsCharging && profile.contentHash.count == 64)
    let picture = try #require(try file?.rig.unitBus?.picture())
    #expect(picture.profile.hasPrefix("own.dbc (SHA-256 \(profile.contentHash.prefix(12))"))
    // As the file says: GenMsgCycleTime.
    #expect(picture.period == 1 && picture.identifiers.map(\.description) == ["356"])
  }

  @Test func `the candidates of the project are ready to use`() throws {
    let (line, wrong) = RigFile.load(path: Self.root.appending(path: "Rigs/eol-line.yaml").path)
    #expect(wrong.isEmpty, "\(wrong.map(\.description))")
    #expect(line?.rig.unitBus?.profile != nil && line?.rig.unitBus?.confirmed == false)
    let folder = Self.root.appending(path: "Rigs/CAN")
    let text = try String(
      contentsOf: folder.appending(path: "jk-bms-candidate.unit-bus.txt"), encoding: .utf8)
    let (file, findings) = try load(
      text.replacing("dbc: CAN/", with: "dbc: \(folder.path)/").replacing(
        "can://can0?bitrate=250000", with: "sim://unit-can"))
    #expect(findings.isEmpty, "\(findings.map(\.description))")
    let bus = try #require(file?.rig.unitBus)
    let picture = try bus.picture()
    #expect(!bus.confirmed && picture.period == 0.02 && picture.tells(.cellVoltages))
  }

  @Test func `a rig file that is written elsewhere names the DBC file where it is`() throws {
    let (file, _) = try load(bus("signals:", "  pack-voltage: Measurements.Voltage"))
    let text = try #require(file).text(
      addresses: [:], unitLink: "ble://hci0", unitBus: "can://vcan0", unitSerial: nil, dbc: "/rigs/own.dbc",
      comment: [])
    #expect(
      text.contains("dbc: \"/rigs/own.dbc\"") && text.contains("pack-voltage: \"Measurements.Voltage\""))
  }

  @Test func `names that nothing has are found, with what was probably meant`() throws {
    let message = try finding("signals:", "  pack-voltage: Mesurements.Voltage")
    #expect(message.contains("rig.yaml") && message.contains("did you mean 'Measurements'?"), "\(message)")
    let signal = try finding("signals:", "  pack-voltage: Measurements.Voltag")
    #expect(
      signal.contains("has no signal 'Voltag'") && signal.contains("did you mean 'Voltage'?"), "\(signal)")
    let bare = try finding("signals:", "  pack-voltage: Voltage")
    #expect(bare.contains("did you mean 'Measurements.Voltage'?"), "\(bare)")
    let twice = try finding(
      "signals:", "  pack-voltage: Measurements.Voltage",
      "  temperatures: [Measurements.Temperature, Measurements.Temperature]")
    #expect(twice.contains("named twice"), "\(twice)")
    let key = try finding(
      "signals:", "  pack-voltage: Measurements.Voltage", "  pack-curent: Measurements.Current")
    #expect(key.contains("did you mean 'pack-current'?"), "\(key)")
  }

  @Test func `each wrong entry of a list is found in its place`() throws {
    let (_, findings) = try load(
      bus(
        "signals:", "  pack-voltage: Measurements.Voltage", "  alarms:", "    - Alarms.Overvoltage",
        "    - Alarms.Undervolt", "    - Alarm.Overtemperature"))
    #expect(findings.count == 2)
    #expect(findings.map(\.place.line) == findings.map(\.place.line).sorted())
    #expect(Set(findings.map(\.place.line)).count == 2)
  }

  @Test func `a unit is never guessed`() throws {
    let wrong = try finding("signals:", "  pack-voltage: Measurements.Current")
    #expect(wrong.contains("is in 'A', and pack-voltage is a voltage"), "\(wrong)")
    let conflict = try finding("signals:", "  pack-voltage: Measurements.Voltage mV")
    #expect(conflict.contains("is in 'V', not in 'mV'"), "\(conflict)")
    let bare = "BU_: Unit\nBO_ 256 Pack: 8 Unit\n SG_ Volts : 0|16@1+ (1,0) [0|0] \"\" Unit\n"
    let missing = try finding("period: 1 s", "signals:", "  pack-voltage: Pack.Volts", dbc: bare)
    #expect(missing.contains("does not say in which unit") && missing.contains("'Volts V'"), "\(missing)")
    let (_, none) = try load(bus("period: 1 s", "signals:", "  pack-voltage: Pack.Volts mV"), dbc: bare)
    #expect(none.isEmpty, "\(none.map(\.description))")
  }

  @Test func `how often frames come must be known`() throws {
    let dbc = "BU_: Unit\nBO_ 256 Pack: 8 Unit\n SG_ Volts : 0|16@1+ (1,0) [0|0] \"mV\" Unit\n"
    let missing = try finding("signals:", "  pack-voltage: Pack.Volts", dbc: dbc)
    #expect(missing.contains("GenMsgCycleTime") && missing.contains("'period: 1 s'"), "\(missing)")
  }

  @Test func `what is wrong in the DBC file is found there, with its line`() throws {
    let dbc = "BU_: Unit\nBO_ 256 Pack: 8 Unit\n SG_ Volts : 0|99@1+ (1,0) [0|0] \"mV\" Unit\n"
    let (_, findings) = try load(bus("signals:", "  pack-voltage: Pack.Volts"), dbc: dbc)
    #expect(findings.contains { $0.place.file.hasSuffix("own.dbc") && $0.place.line == 3 }, "\(findings)")
  }

  @Test func `a file without signals, signals without a file and a missing file are findings`() throws {
    #expect(try finding().contains("nothing says which signals of 'own.dbc' are read"))
    let (_, noFile) = try load(
      "unit-bus:\n  address: sim://unit-can\n  confirmed: no\n  signals:\n    pack-voltage: A.B\n")
    #expect(noFile.map(\.message) == ["'signals' has no meaning without a DBC file"])
    let (_, missing) = try load(
      bus("signals:", "  pack-voltage: A.B").replacing("own.dbc", with: "vendor.dbc"))
    #expect(missing.count == 1 && missing[0].message.contains("there is no file"), "\(missing)")
  }
}
