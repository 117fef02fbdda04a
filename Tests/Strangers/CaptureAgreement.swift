import Captures
import Foundation
import Ports
import Testing

/// Wireshark and python-can find in our files what was on the wire.
@Suite struct `Readers of our capture files` {
  static let start: Int64 = 1_795_392_000_000_000_000

  static func can(
    _ micro: Int64, _ identifier: UInt32, _ bytes: [UInt8], isExtended: Bool = false, isFD: Bool = false,
    isRemote: Bool = false
  ) -> CapturedPacket {
    CapturedPacket(
      time: start + micro * 1000, outgoing: false,
      content: .can(
        interface: "unit-bus",
        frame: CANFrame(
          identifier: identifier, isExtended: isExtended, bytes: bytes, isFD: isFD, isRemote: isRemote,
          at: WorldInstant(nanoseconds: micro * 1000))))
  }

  static let frames = [
    can(0, 0x356, [0xB0, 0x14, 0x0A, 0x00, 0xFA, 0x00]),
    can(1250, 0x18F1_28F4, [1, 2, 3, 4, 5, 6, 7, 8], isExtended: true),
    can(2_000_001, 0x7FF, []),
    can(2_500_000, 0x123, Array(0..<12), isFD: true),
    can(3_000_000, 0x100, [], isRemote: true),
  ]
  static let request: [UInt8] =
    [0xAA, 0x55, 0x11, 0x01, 0x01, 0x00, 0x14] + [UInt8](repeating: 0, count: 12) + [0xFF]
  static let values = [
    CapturedPacket(time: start + 10_000_000, outgoing: true, content: .characteristic(request)),
    CapturedPacket(time: start + 60_500_000, outgoing: false, content: .characteristic(Array(0x55..<0x69))),
    CapturedPacket(
      time: start + 61_000_000, outgoing: false,
      content: .characteristic([UInt8](repeating: 0x5A, count: 300))),
  ]

  static func write(_ format: CaptureFormat, _ packets: [CapturedPacket], _ folder: Scratch) throws -> String
  {
    let file = folder.file("capture.\(format.rawValue)")
    try Data(format.file(packets, comment: "made up")).write(to: file)
    return file.path
  }

  static func fields(_ file: String, _ names: [String]) throws -> [[String]] {
    let output = try Stranger.run(
      ["tshark", "-r", file, "-T", "fields"] + names.flatMap { ["-e", $0] })
    return output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  static let bluetooth = [
    "frame.time_epoch", "btatt.opcode", "btatt.handle", "btatt.value", "bthci_acl.chandle",
  ]
  static let bluetoothRows = [
    ["1795392000.010000", "0x52", "0x0010", request.map { String(format: "%02x", $0) }.joined(), "0x0040"],
    ["1795392000.060500", "0x1b", "0x0010", "55565758595a5b5c5d5e5f606162636465666768", "0x0040"],
    ["1795392000.061000", "0x1b", "0x0010", String(repeating: "5a", count: 300), "0x0040"],
  ]

  /// tshark prints nanoseconds of what has them, and some versions put values in other forms.
  static func plain(_ rows: [[String]]) -> [[String]] {
    rows.map { row in
      var row = row
      row[0] = String(row[0].prefix(17))
      row[3] = row[3].replacingOccurrences(of: ":", with: "")
      return row
    }
  }

  @Test func `tshark reads btsnoop: times, handles, values`() throws {
    let folder = try Scratch()
    let file = try Self.write(.btsnoop, Self.values + Self.frames, folder)
    #expect(Self.plain(try Self.fields(file, Self.bluetooth)) == Self.bluetoothRows)
    let directions = try Self.fields(file, ["hci_h4.direction"])
    #expect(directions.map { $0[0] }.map { $0.suffix(1) } == ["0", "1", "1"])
  }

  @Test func `tshark reads both links in one pcapng`() throws {
    let folder = try Scratch()
    let file = try Self.write(.pcapng, Self.frames + Self.values, folder)
    let rows = try Self.fields(
      file, ["frame.time_epoch", "can.id", "can.flags.xtd", "can.flags.rtr", "can.len", "data.data"])
    let can = rows.filter { !$0[1].isEmpty }
    #expect(can.count == 5)
    #expect(can.prefix(2).map { $0[0] } == ["1795392000.000000000", "1795392000.001250000"])
    #expect(can.map { Self.number($0[1]) } == [0x356, 0x18F1_28F4, 0x7FF, 0x123, 0x100])
    #expect(can[0][5].replacingOccurrences(of: ":", with: "") == "b0140a00fa00")
    #expect(can[3][5].replacingOccurrences(of: ":", with: "") == "000102030405060708090a0b")
    #expect(can.map { Self.isSet($0[2]) } == [false, true, false, false, false])
    #expect(can.map { Self.isSet($0[3]) } == [false, false, false, false, true])
    let bluetooth = try Self.fields(file, Self.bluetooth).filter { !$0[1].isEmpty }
    #expect(Self.plain(bluetooth) == Self.bluetoothRows)
    #expect(try Stranger.run(["capinfos", "-k", file]).contains("made up"))
  }

  @Test func `python-can reads our log, and we read the one it writes`() throws {
    let folder = try Scratch()
    let file = try Self.write(.candump, Self.frames + Self.values, folder)
    let copy = folder.file("copy.log")
    let seen = try Stranger.python("candump_log.py", [file, copy.path])
    #expect(
      seen.split(separator: "\n") == [
        "1795392000.000000 unit-bus 356 0 0 0 b0140a00fa00",
        "1795392000.001250 unit-bus 18f128f4 1 0 0 0102030405060708",
        "1795392002.000001 unit-bus 7ff 0 0 0 ",
        "1795392002.500000 unit-bus 123 0 1 0 000102030405060708090a0b",
        "1795392003.000000 unit-bus 100 0 0 1 ",
      ])
    let read = try String(contentsOf: copy, encoding: .utf8).split(separator: "\n").compactMap(
      CandumpLog.packet)
    #expect(
      read.map(\.content).map(Self.text) == Self.frames.map(\.content).map(Self.text))
  }

  /// tshark prints identifiers in either form.
  private static func number(_ text: String) -> Int? {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }

  private static func isSet(_ text: String) -> Bool { text == "1" || text == "True" }

  private static func text(_ content: CapturedPacket.Content) -> String {
    guard case .can(_, let frame) = content else { return "" }
    return frame.text
  }
}
