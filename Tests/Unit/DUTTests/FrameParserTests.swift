import DUT
import Ports
import Testing

@Suite struct FrameParserTests {
  static let everything = CaptureFile.all.flatMap(\.bytes)

  /// Small, seeded and the same everywhere.
  struct Dice {
    var state: UInt64
    mutating func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % sides
    }
  }

  static func run(_ bytes: [UInt8], chunk size: Int, _ directions: [FrameDirection]) -> [ParsedItem] {
    var parser = FrameParser(accepting: directions)
    var items: [ParsedItem] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      items += parser.feed(Array(bytes[start..<min(bytes.count, start + size)]), at: .start)
      #expect(parser.pending?.received ?? 0 <= 300)
    }
    return items + parser.finish()
  }

  static func good(_ items: [ParsedItem]) -> [[UInt8]] {
    items.compactMap { if case .frame(let frame) = $0, frame.checksumOK { frame.bytes } else { nil } }
  }

  static func junk(_ items: [ParsedItem]) -> Int {
    items.reduce(0) { if case .junk(let count) = $1 { $0 + count } else { $0 } }
  }

  @Test(arguments: CaptureFile.streams)
  func `any chunk size gives the same frames`(capture: CaptureFile) {
    let whole = Self.run(capture.bytes, chunk: capture.bytes.count, [.deviceToHost])
    #expect(Self.good(whole).flatMap { $0 } == capture.bytes)
    for size in 1...350 {
      let items = Self.run(capture.bytes, chunk: size, [.deviceToHost])
      #expect(Self.good(items) == Self.good(whole), "chunks of \(size)")
      #expect(items.count == whole.count)
    }
  }

  @Test func `both directions come apart at any chunk size`() {
    let frames = CaptureFile.frames.map(\.bytes)
    for size in 1...350 {
      let items = Self.run(frames.flatMap { $0 }, chunk: size, FrameDirection.allCases)
      #expect(Self.good(items) == frames, "chunks of \(size)")
      #expect(Self.junk(items) == 0)
    }
  }

  @Test func `a parser for one direction skips the other`() {
    let request = CaptureFile.named("ek-24s4eb-zh2.0.8-request-settings").bytes
    let reply = CaptureFile.named("ek-24s4eb-zh2.0.8-settings").bytes
    #expect(Self.good(Self.run(request + reply + request, chunk: 7, [.deviceToHost])) == [reply])
    #expect(Self.good(Self.run(request + reply + request, chunk: 7, [.hostToDevice])) == [request, request])
  }

  @Test(arguments: 0..<40)
  func `junk between frames costs no frame`(seed: Int) {
    var dice = Dice(state: UInt64(seed))
    var stream: [UInt8] = []
    var noise = 0
    let frames = CaptureFile.frames.map(\.bytes)
    for frame in frames {
      // Noise loves the bytes that begin a header.
      let junk = (0..<dice.roll(40)).map { _ in [0x55, 0xAA, 0x11, 0xFF, 0x00, 0x33][dice.roll(6)] as UInt8 }
      stream += junk + frame
      noise += junk.count
    }
    let items = Self.run(stream, chunk: 1 + dice.roll(350), FrameDirection.allCases)
    #expect(Self.good(items) == frames)
    #expect(Self.junk(items) == noise)
  }

  @Test(arguments: 0..<60)
  func `lost bytes cost only the frames they hit`(seed: Int) {
    var dice = Dice(state: UInt64(seed) &+ 1000)
    var stream: [UInt8] = []
    var survivors: [[UInt8]] = []
    for frame in CaptureFile.frames.map(\.bytes) {
      if dice.roll(3) == 0 {
        let start = dice.roll(frame.count)
        let end = min(frame.count, start + 1 + dice.roll(60))
        stream += frame[..<start] + frame[end...]
      } else {
        stream += frame
        survivors.append(frame)
      }
    }
    let items = Self.run(stream, chunk: 1 + dice.roll(350), FrameDirection.allCases)
    #expect(Self.good(items) == survivors)
  }

  @Test func `a frame cut at any byte costs only itself`() {
    let cut = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    let next = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    for kept in 0..<cut.count {
      let items = Self.run(Array(cut[..<kept]) + next, chunk: 20, [.deviceToHost])
      #expect(Self.good(items) == [next], "cut after \(kept)")
    }
  }

  @Test(arguments: 0..<50)
  func `a wrong bit is reported as one damaged frame`(seed: Int) {
    var dice = Dice(state: UInt64(seed) &+ 7)
    var bytes = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    let good = bytes
    bytes[8 + dice.roll(291)] ^= UInt8(1 << dice.roll(8))
    let items = Self.run(good + bytes + good, chunk: 1 + dice.roll(350), [.deviceToHost])
    #expect(Self.good(items) == [good, good])
    #expect(Self.junk(items) == 0)
    let damaged = items.count { if case .frame(let frame) = $0 { !frame.checksumOK } else { false } }
    #expect(damaged == 1)
  }

  @Test(arguments: 0..<30)
  func `random bytes never crash and never pile up`(seed: Int) {
    var dice = Dice(state: UInt64(seed) &+ 99)
    let bytes = (0..<3000).map { _ in
      [0x55, 0xAA, 0x11, 0x01, 0x14, 0x00, 0x41, 0x54, 0x2C][dice.roll(9)] as UInt8
    }
    _ = Self.run(bytes, chunk: 1 + dice.roll(350), FrameDirection.allCases)
  }

  @Test func `module text between frames is no junk`() {
    let frame = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    let text = Array("AT\r\n".utf8)
    for size in 1...10 {
      let items = Self.run(text + frame + text + text + frame + text, chunk: size, [.deviceToHost])
      #expect(Self.good(items) == [frame, frame])
      #expect(Self.junk(items) == 0)
    }
  }

  @Test func `a partial frame is dropped after a second of silence`() {
    let frame = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    var parser = FrameParser()
    let start = WorldInstant.start
    #expect(parser.feed(Array(frame[..<100]), at: start) == [])
    #expect(parser.expire(at: start + .milliseconds(999)) == [])
    #expect(parser.expire(at: start + .seconds(1)) == [.junk(100)])
    #expect(parser.pending == nil)
    let items = parser.feed(frame, at: start + .seconds(2))
    #expect(Self.good(items) == [frame])
    #expect(parser.resynchronisations == 1)
  }

  @Test func `silence inside a frame frees the whole frame behind it`() {
    let cell = CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes
    let settings = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    var parser = FrameParser()
    #expect(parser.feed(Array(cell[..<50]) + settings, at: .start) == [])
    let items = parser.expire(at: .start + .seconds(1))
    #expect(Self.good(items) == [settings])
  }

  @Test func `a broken link leaves nothing of the old frame`() {
    let frame = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    var parser = FrameParser()
    _ = parser.feed(Array(frame[..<149]), at: .start)
    parser.reset()
    #expect(parser.feed([0xFF], at: .start) == [.junk(1)])
    #expect(Self.good(parser.feed(frame, at: .start)) == [frame])
  }

  @Test func `a frame knows when it began and when it was whole`() throws {
    let frame = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes
    var parser = FrameParser()
    _ = parser.feed(Array(frame[..<20]), at: .start + .milliseconds(10))
    _ = parser.feed(Array(frame[20..<40]), at: .start + .milliseconds(12))
    let items = parser.feed(Array(frame[40...]) + frame, at: .start + .milliseconds(14))
    guard case .frame(let first) = items.first, case .frame(let second) = items.last else {
      Issue.record("expected two frames, got \(items)")
      return
    }
    #expect(first.startedAt == .start + .milliseconds(10))
    #expect(first.completedAt == .start + .milliseconds(14))
    #expect(second.startedAt == .start + .milliseconds(14))
    #expect(second.streamOffset == 150)
  }
}
