import Documents
import Foundation
import Model
import Ports
import Testing

@testable import Rigging

@Suite struct `A rig file at other addresses` {
  @Test func `is the same rig but for the addresses, and has no findings`() throws {
    let file = try ServedRig.file
    var addresses: [String: String] = [:]
    for (index, instrument) in file.rig.instruments.enumerated() where !instrument.isReadByHand {
      addresses[instrument.name] =
        instrument.driver == "gpio-lines" ? "gpio://gpiochip0" : "tcp://127.0.0.1:\(4000 + index)"
    }
    let text = file.text(
      addresses: addresses, unitLink: "ble://hci0", unitBus: "can://vcan0",
      unitSerial: "serial:///dev/pts/9?baud=115200", comment: ["served"])
    let path = FileManager.default.temporaryDirectory.appending(path: "bmsrig-rig-file-test.yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (written, findings) = RigFile.load(path: path)
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
    var expected = file.rig
    for index in expected.instruments.indices {
      expected.instruments[index].address =
        addresses[expected.instruments[index].name] ?? expected.instruments[index].address
    }
    expected.unitLink.address = "ble://hci0"
    expected.unitBus?.address = "can://vcan0"
    expected.unitSerial?.address = "serial:///dev/pts/9?baud=115200"
    expected.operatorAddress = "terminal://"
    #expect(written?.rig == expected)
  }

  @Test func `leaves out what only a simulated instrument understands, and a bus that is not there`() throws {
    let text = try ServedRig.file.text(
      addresses: [:], unitLink: "ble://hci0", unitBus: nil, unitSerial: nil, comment: [])
    #expect(!text.contains("unit-bus") && !text.contains("unit-rs485"))
    let reading = YAMLDocument.parse(
      text: "instruments:\n  a: {driver: x, simulated: {fault: late}, note: \"a \\\"b\\\" \\\\ c\"}\n",
      file: "t")
    let root = try #require(reading.value?.root)
    let rendered = YAMLText.render(root) { $0.last == "simulated" ? .drop : .keep }
    #expect(rendered == "instruments:\n  a:\n    driver: \"x\"\n    note: \"a \\\"b\\\" \\\\ c\"\n")
  }
}
