import DUT
import Ports
import Quantities
import Testing

@Suite struct HexDecoderTests {
  static func codes(_ decoded: OrderedJSON) -> [String] {
    (decoded["findings"]?.arrayValue ?? []).compactMap { $0["code"]?.stringValue }
  }

  @Test func `the password is hidden in values and bytes`() throws {
    let capture = CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info")
    let decoded = try HexDecoder.decode(text: capture.text, revealPassword: false)
    #expect(decoded["frames"]?[0]?["values"]?["password_field"] == "******")
    let text = decoded.serialized()
    #expect(!text.contains("123456") && !text.contains("313233343536"))
    #expect(decoded["frames"]?[0]?["bytes_hex"]?.stringValue?.count == 200)
  }

  @Test func `an empty password stays visibly empty`() throws {
    let capture = CaptureFile.named("gw-24s4eb-sw1.1.0-device-info")
    let decoded = try HexDecoder.decode(text: capture.text, revealPassword: false)
    #expect(decoded["frames"]?[0]?["values"]?["password_field"] == "")
  }

  @Test func `a damaged device info shows no password wherever it slipped to`() {
    let info = CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info").bytes
    let cell = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    for lost in 8..<70 {
      let shifted = Array(info[..<lost]) + info[(lost + 6)...]
      for stream in [shifted + cell, Array(cell[..<100]) + info + cell] {
        let text = HexDecoder.decode(bytes: stream, revealPassword: false).serialized()
        #expect(!text.contains("313233343536") && !text.contains("123456"))
      }
    }
  }

  @Test(arguments: [
    ("55 aa 1g", 1, 8, "'g'"), ("55 aa\n# note\n  5", 3, 3, "two hex digits"),
    ("5 5", 1, 1, "two hex digits"),
    ("0x55", 1, 2, "'x'"), ("55#a\n5#", 2, 1, "two hex digits"), ("55 µ", 1, 4, "'µ'"), ("５５", 1, 1, "'５'"),
  ])
  func `a text that is no hex is refused at the place`(text: String, line: Int, column: Int, word: String) {
    let error = #expect(throws: HexTextError.self) { try HexDecoder.decode(text: text) }
    #expect(error?.line == line && error?.column == column)
    #expect(error?.message.contains(word) == true)
  }

  @Test func `comments, blanks, capitals and odd chunks make no difference`() throws {
    let capture = CaptureFile.named("gw-24s4eb-sw1.1.0-ack-register-02")
    let packed = HexText.packed(capture.bytes)
    let plain = try HexDecoder.decode(text: packed)
    let odd = packed.prefix(6) + " # one 55 aa\r\n\t" + packed.dropFirst(6).uppercased()
    #expect(try HexDecoder.decode(text: String(odd)) == plain)
  }

  @Test func `damage is named and never decoded`() throws {
    var bytes = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    bytes[40] ^= 0x10
    let decoded = HexDecoder.decode(bytes: bytes)
    #expect(decoded["frames"]?[0]?["checksum_ok"] == false)
    #expect(decoded["frames"]?[0]?["values"] == OrderedJSON.null)
    #expect(decoded["frames"]?[0]?["kind"] == "settings_v2")
    #expect(Self.codes(decoded) == ["damaged"])
  }

  @Test func `a text without a frame says so`() throws {
    #expect(Self.codes(try HexDecoder.decode(text: "")) == ["no_frame"])
    let decoded = try HexDecoder.decode(text: "00 01 02 55 aa 11")
    #expect(decoded["junk_bytes"] == 6)
    #expect(Self.codes(decoded) == ["cut_frame", "no_frame", "junk"])
  }

  @Test func `model and settings that disagree are an anomaly`() {
    let info = CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info").bytes
    let settings = CaptureFile.named("ek-24s4eb-zh2.1.1-settings").bytes
    #expect(Self.codes(HexDecoder.decode(bytes: info + settings)) == ["anomaly"])
  }

  @Test func `settings of either place in the stream decide the layout`() {
    let cell = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    let settings = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    for stream in [cell + settings, settings + cell, cell] {
      let kinds = (HexDecoder.decode(bytes: stream)["frames"]?.arrayValue ?? []).map {
        $0["kind"]?.stringValue
      }
      #expect(kinds.contains("cell_info_v2") && !kinds.contains("cell_info_v1"))
    }
  }

  @Test func `live values that only the other generation explains are an anomaly`() {
    let settings = CaptureFile.named("ek-24s4eb-zh2.1.1-settings").bytes
    let cell = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    let decoded = HexDecoder.decode(bytes: settings + cell)
    #expect(Self.codes(decoded) == ["anomaly"])
    #expect(decoded["frames"]?[1]?["kind"] == "cell_info_v2")
  }

  @Test func `all captures in one text decode alike`() throws {
    let text = CaptureFile.frames.map(\.text).joined(separator: "\n")
    let frames = try HexDecoder.decode(text: text)["frames"]?.arrayValue ?? []
    #expect(frames.map { $0["kind"]?.stringValue } == CaptureFile.frames.map(\.kind))
  }

  @Test(arguments: 0..<60)
  func `any content with a right checksum decodes without a crash`(seed: Int) throws {
    var dice = FrameParserTests.Dice(state: UInt64(seed) &+ 31)
    for capture in CaptureFile.frames {
      var bytes = capture.bytes
      for index in 8..<bytes.count - 2 { bytes[index] = UInt8(dice.roll(256)) }
      bytes[bytes.count - 2] = ChecksumRule.sum.checksum(of: bytes)
      let decoded = HexDecoder.decode(bytes: bytes, revealPassword: true)
      let frame = try #require(decoded["frames"]?[0])
      #expect(frame["checksum_ok"] == true)
      #expect(throws: Never.self) { try OrderedJSON(parsing: decoded.serialized(pretty: true)) }
    }
  }
}
