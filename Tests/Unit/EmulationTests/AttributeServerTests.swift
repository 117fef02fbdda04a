import Testing

@testable import Emulation

@Suite struct AttributeServerTests {
  private static func server(mtu: Int = 247) -> AttributeServer {
    AttributeServer(attributes: AttributeTable.family(name: "EK-24S300A"), mtuOffered: mtu)
  }

  private func answer(_ request: [UInt8], mtu: Int = 247) -> [UInt8]? {
    var server = Self.server(mtu: mtu)
    return server.receive(request).answer
  }

  @Test func `both services are discovered with their last handles`() {
    #expect(
      answer([0x10, 1, 0, 0xFF, 0xFF, 0x00, 0x28])
        == [0x11, 6, 0x01, 0, 0x07, 0, 0x00, 0x18, 0x08, 0, 0x11, 0, 0xE0, 0xFF])
    #expect(answer([0x10, 0x12, 0, 0xFF, 0xFF, 0x00, 0x28]) == [0x01, 0x10, 0x12, 0, 0x0A])
    #expect(answer([0x06, 1, 0, 0xFF, 0xFF, 0x00, 0x28, 0xE0, 0xFF]) == [0x07, 0x08, 0, 0x11, 0])
  }

  @Test func `FFE1 stands where the captures have it, and FFE3 does not notify`() {
    let answer = answer([0x08, 0x08, 0, 0x11, 0, 0x03, 0x28])
    #expect(
      answer == [
        0x09, 7, 0x09, 0, 0x1C, 0x0A, 0, 0xE1, 0xFF, 0x0C, 0, 0x1C, 0x0D, 0, 0xE2, 0xFF, 0x0F, 0, 0x0C, 0x10,
        0,
        0xE3, 0xFF,
      ])
    #expect(
      self.answer([0x04, 0x0B, 0, 0x0C, 0])
        == [0x05, 1, 0x0B, 0, 0x02, 0x29, 0x0C, 0, 0x03, 0x28])
  }

  @Test func `an answer never exceeds the MTU`() {
    let first = answer([0x08, 0x08, 0, 0x11, 0, 0x03, 0x28], mtu: 23)
    #expect(first?.count == 23)
    #expect(answer([0x04, 1, 0, 0xFF, 0xFF], mtu: 23)?.count == 22)
  }

  @Test func `the smaller MTU counts, and never less than 23`() {
    for (wish, offered, result) in [(517, 247, 247), (100, 247, 100), (10, 247, 23)] {
      var server = Self.server(mtu: offered)
      let reply = server.receive([0x02] + UInt16(wish).littleEndian2).answer
      #expect(reply == [0x03] + UInt16(offered).littleEndian2 && server.mtu == result)
    }
  }

  @Test func `the name is read, in parts too`() {
    #expect(answer([0x0A, 0x03, 0]) == [0x0B] + Array("EK-24S300A".utf8))
    #expect(answer([0x0C, 0x03, 0, 3, 0]) == [0x0D] + Array("24S300A".utf8))
    #expect(answer([0x0C, 0x03, 0, 11, 0]) == [0x01, 0x0C, 0x03, 0, 0x07])
  }

  @Test func `what is not allowed is refused by name`() {
    #expect(answer([0x0A, 0x0A, 0]) == [0x01, 0x0A, 0x0A, 0, 0x02])
    #expect(answer([0x12, 0x03, 0, 1]) == [0x01, 0x12, 0x03, 0, 0x03])
    #expect(answer([0x12, 0x77, 0, 1]) == [0x01, 0x12, 0x77, 0, 0x01])
    #expect(answer([0x16, 0x0A, 0, 0, 0, 1]) == [0x01, 0x16, 0, 0, 0x06])
    #expect(answer([0x10, 0, 0, 0, 0, 0x00, 0x28]) == [0x01, 0x10, 0, 0, 0x01])
  }

  @Test func `commands are never answered, right or wrong`() {
    #expect(answer([0x52, 0x77, 0, 1]) == nil && answer([0xD2, 1, 2]) == nil && answer([]) == nil)
  }

  @Test func `subscribing is remembered and can be undone`() {
    var server = Self.server()
    #expect(server.receive([0x12, 0x0B, 0, 1, 0]).effect == .subscribed(true))
    #expect(server.isSubscribed && server.receive([0x0A, 0x0B, 0]).answer == [0x0B, 1, 0])
    #expect(server.receive([0x12, 0x0B, 0, 0, 0]).effect == .subscribed(false))
    #expect(!server.isSubscribed)
  }

  /// Every request of up to three bytes and a few thousand longer ones: none may crash, no answer may be too long.
  @Test func `no request is too strange`() {
    var server = Self.server(mtu: 23)
    var state: UInt64 = 88_172_645_463_325_252
    func draw() -> UInt8 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
    for code in 0...255 {
      for length in 0..<40 {
        let request = [UInt8(code)] + (0..<length).map { _ in draw() % (draw() % 2 == 0 ? 20 : 255) }
        let answer = server.receive(request).answer
        #expect(answer?.count ?? 0 <= max(23, server.mtu))
      }
    }
  }
}
