import Ports
import Testing

@testable import LinuxPorts

/// Bytes from text like `48 53 00`.
private func hex(_ text: String) -> [UInt8] { text.split(separator: " ").map { UInt8($0, radix: 16)! } }

/// A machine after the opening, without size limit from the instrument.
private func openMachine() throws -> HiSLIPClientMachine {
  var machine = HiSLIPClientMachine()
  try machine.heardSync(hex("48 53 01 00 01 00 00 01 00 00 00 00 00 00 00 00"))
  try machine.heardAsync(
    HiSLIPMessage(.asyncMaximumSizeResponse, payload: HiSLIPMessage.number(1 << 20)).bytes)
  return machine
}

private func response(_ text: String, to number: UInt32) -> [UInt8] {
  HiSLIPMessage(.dataEnd, parameter: number, payload: Array(text.utf8)).bytes
}

@Suite struct HiSLIPMachineTests {
  /// The lines of the protocol notes' section 14, which a third party's library reproduced.
  @Test func `the wire agrees with the published vectors`() throws {
    var machine = HiSLIPClientMachine()
    #expect(
      machine.opening(part: "hislip0")
        == hex("48 53 00 00 01 00 78 78 00 00 00 00 00 00 00 07 68 69 73 6C 69 70 30"))
    try machine.heardSync(hex("48 53 01 00 01 00 00 01 00 00 00 00 00 00 00 00"))
    let session = try #require(machine.session)
    #expect(session == 1)
    #expect(
      machine.joining(session).prefix(16) == hex("48 53 11 00 00 00 00 01 00 00 00 00 00 00 00 00")[...])
    #expect(
      machine.outgoing(Array("*IDN?\n".utf8))
        == hex("48 53 07 00 FF FF FF 00 00 00 00 00 00 00 00 06 2A 49 44 4E 3F 0A"))
  }

  @Test func `a response in any pieces is one message`() throws {
    for size in 1...23 {
      var machine = try openMachine()
      _ = machine.outgoing([0x41])
      let bytes =
        HiSLIPMessage(.data, parameter: 0xFFFF_FF00, payload: Array("3.6".utf8)).bytes
        + response("50\n", to: 0xFFFF_FF00)
      for start in stride(from: 0, to: bytes.count, by: size) {
        try machine.heardSync(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(machine.takeResponse() == Array("3.650\n".utf8), "in pieces of \(size)")
      #expect(machine.takeResponse() == nil)
    }
  }

  @Test func `a late response is dropped by its number, whenever it comes`() throws {
    var machine = try openMachine()
    _ = machine.outgoing([0x41])
    // The deadline of the first question passes unanswered.
    _ = machine.outgoing([0x42])
    try machine.heardSync(response("old", to: 0xFFFF_FF00) + response("new", to: 0xFFFF_FF02))
    #expect(machine.takeResponse() == Array("new".utf8))
    try machine.heardSync(response("older", to: 0xFFFF_FF00) + response("nobody knows", to: 0xFFFF_FFFF))
    #expect(machine.takeResponse() == nil)
    #expect(machine.dropped == 3)
  }

  @Test func `the half of a late response does not begin the next one`() throws {
    var machine = try openMachine()
    _ = machine.outgoing([0x41])
    try machine.heardSync(HiSLIPMessage(.data, parameter: 0xFFFF_FF00, payload: [0x31]).bytes)
    _ = machine.outgoing([0x42])
    try machine.heardSync(response("2", to: 0xFFFF_FF00) + response("3", to: 0xFFFF_FF02))
    #expect(machine.takeResponse() == Array("3".utf8))
  }

  @Test func `messages count up by two and say whether the last response was read`() throws {
    var machine = try openMachine()
    var seen: [HiSLIPMessage] = []
    for round in 0..<3 {
      var framing = HiSLIPMessage.Framing()
      framing.add(machine.outgoing([0x41]))
      let message = try #require(try framing.next())
      seen.append(message)
      // The second response is never read.
      if round != 1 { try machine.heardSync(response("1", to: message.parameter)) }
      if round == 0 { _ = machine.takeResponse() }
    }
    #expect(seen.map(\.parameter) == [0xFFFF_FF00, 0xFFFF_FF02, 0xFFFF_FF04])
    #expect(seen.map(\.control) == [0, 1, 0])
  }

  @Test func `the number goes around at the end of its range`() throws {
    var machine = try openMachine()
    for _ in 0..<129 { _ = machine.outgoing([0x41]) }
    try machine.heardSync(response("1", to: 0))
    #expect(machine.takeResponse() == [0x31])
  }

  @Test func `a long command is cut into what the instrument takes`() throws {
    var machine = HiSLIPClientMachine()
    try machine.heardSync(hex("48 53 01 00 01 00 00 01 00 00 00 00 00 00 00 00"))
    try machine.heardAsync(
      HiSLIPMessage(.asyncMaximumSizeResponse, payload: HiSLIPMessage.number(1016)).bytes)
    let command = (0..<2500).map { UInt8(truncatingIfNeeded: $0) }
    var framing = HiSLIPMessage.Framing()
    framing.add(machine.outgoing(command))
    var pieces: [HiSLIPMessage] = []
    while let piece = try framing.next() { pieces.append(piece) }
    #expect(pieces.map(\.kind) == [.data, .data, .dataEnd])
    #expect(pieces.map(\.payload.count) == [1000, 1000, 500])
    #expect(pieces.flatMap(\.payload) == command)
    try machine.heardSync(response("1", to: pieces[2].parameter))
    #expect(machine.takeResponse() == [0x31])
  }

  @Test func `a device clear forgets everything and counts from the beginning`() throws {
    var machine = try openMachine()
    _ = machine.outgoing([0x41])
    var framing = HiSLIPMessage.Framing()
    framing.add(machine.beginClear())
    #expect(try framing.next()?.kind == .asyncDeviceClear)
    #expect(!machine.isClearGranted)
    try machine.heardAsync(HiSLIPMessage(.asyncDeviceClearAcknowledge).bytes)
    #expect(machine.isClearGranted)
    _ = machine.completeClear()
    // What was under way comes before the acknowledgement and belongs to nobody.
    try machine.heardSync(response("old", to: 0xFFFF_FF00))
    #expect(!machine.isCleared)
    try machine.heardSync(HiSLIPMessage(.deviceClearAcknowledge).bytes)
    #expect(machine.isCleared && machine.takeResponse() == nil)
    var after = HiSLIPMessage.Framing()
    after.add(machine.outgoing([0x42]))
    #expect(try after.next()?.parameter == 0xFFFF_FF00)
  }

  @Test func `bytes of another protocol and endless messages are refused`() throws {
    var greeting = HiSLIPClientMachine()
    #expect(greeting.fault(in: Array("SSH-2.0".utf8))?.code == .poorHeader)
    var endless = HiSLIPClientMachine()
    #expect(endless.fault(in: hex("48 53 07 00 FF FF FF 00 00 00 00 01 00 00 00 00"))?.code == .poorHeader)
  }
}
