import Foundation
import Rigging
import Testing

/// The line's rig with instruments moved from LAN to USB.
struct USBAddressTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func findings(meter: String, supply: String) throws -> [String] {
    let rig = try String(contentsOf: Self.root.appendingPathComponent("Rigs/eol-line.yaml"), encoding: .utf8)
    let moved = rig.replacing("tcp://192.168.10.23:5025", with: meter)
      .replacing("tcp://192.168.10.24:5025", with: supply)
    try #require(moved != rig)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("usb-\(UUID().uuidString).yaml")
    try moved.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    return Preflight.check(file: file.path, rigPath: nil, date: "2026-06-01").findings.map(\.description)
  }

  @Test func `a meter and a supply may be on USB`() throws {
    #expect(try findings(meter: "usb://2A8D:0101/MY58000023", supply: "usb://2A8D:1202/MY61000024") == [])
  }

  @Test func `an address that names no product is found before anything is opened`() throws {
    let found = try findings(meter: "usb://Keysight/MY58000023", supply: "usb://2A8D:1202/MY61000024")
    #expect(found.count == 1)
    #expect(found.first?.contains("vendor and product") == true, "\(found)")
  }
}
