import Testing

@testable import DBC

@Suite struct DBCReaderTests {
  static let small = """
    BU_: A
    BO_ 854 Measurements: 6 A
     SG_ Voltage : 0|16@1- (0.01,0) [0|0] "V" B
     SG_ Current : 16|16@1- (0.1,0) [0|0] "A" B
    VAL_ 854 Current 0 "none" ;
    """

  static func read(_ text: String) -> (database: DBCDatabase, findings: [DBCFinding]) {
    DBCReader.read(Array(text.utf8))
  }

  @Test func `frames become values with units and names`() throws {
    let (database, findings) = Self.read(Self.small)
    #expect(findings == [])
    let message = try #require(database.message(identifier: 0x356, isExtended: false))
    let (values, missing) = message.decode([0xB0, 0x14, 0xFF, 0xFF, 0, 0])
    #expect(missing == [])
    #expect(values.map(\.signal) == ["Voltage", "Current"])
    #expect(values[0].physical == 52.96)
    #expect(values[0].unit == "V")
    #expect(values[1].raw == .signed(-1))
    #expect(message.decode([0, 0, 0, 0]).values[1].name == "none")
  }

  @Test func `a short frame names what it is too short for`() throws {
    let message = Self.read(Self.small).database.messages[0]
    let (values, missing) = message.decode([0xB0, 0x14, 0xFF])
    #expect(values.map(\.signal) == ["Voltage"])
    #expect(missing == ["Current"])
    #expect(message.decode([]).missing == ["Voltage", "Current"])
  }

  @Test(arguments: [
    (
      "BO_ 1 A: 8 N\n SG_ X : 0|0@1+ (1,0) [0|0] \"\" N",
      "2:12: '0' where a length of 1 to 64 bits is expected"
    ),
    ("BO_ 1 A: 8 N\n SG_ X : 0|8@2+ (1,0) [0|0] \"\" N", "2:14: '2' where 0 (big-endian)"),
    ("BO_ 2048 A: 8 N", "1:5: identifier 2048 has more than 11 bits"),
    ("BO_ 1 A: 8 N\nBO_ 1 B: 8 N", "2:5: frame 1 is already 'A'"),
    ("BO_ 1 A: 1 N\n SG_ X : 4|8@1+ (1,0) [0|0] \"\" N", "2:6: 'X' does not fit into the 1 bytes of 'A'"),
    ("BO_ 1 A: 1 N\n SG_ X m1 : 0|8@1+ (1,0) [0|0] \"\" N", "2:6: 'X' is there for one value of a selector"),
    ("BO_ 1 A: 8 N\nVAL_ 2 X 0 \"a\" ;", "2:6: there is no frame 2"),
    ("BO_ 1 A: 8 N\nVAL_ 1 X 0 \"a\" ;", "2:8: frame 'A' has no signal 'X'"),
    ("BO_ 1 A: 8 N\nCM_ \"never closed", "2:5: a text whose quotation mark is never closed"),
    ("<html>", "1:1: '<' where a statement"),
    ("", "1:1: no frame (BO_) is in this file"),
  ])
  func `what is wrong is said with its place`(_ text: String, _ expected: String) {
    let findings = Self.read(text).findings.map(\.description)
    #expect(findings.contains { $0.hasPrefix(expected) }, "\(findings)")
  }

  @Test func `findings come all at once, and what is right is read`() {
    let (database, findings) = Self.read(
      """
      BO_ 1 A: 8 N
       SG_ X : 0|8@1+ (1,0) [0|0] "" N
       SG_ Y : oops
       SG_ Z : 8|8@1+ (1,0) [0|0] "" N
      BO_ two B: 8 N
      BO_ 3 C: 8 N
      """)
    #expect(findings.map(\.line) == [3, 5])
    #expect(database.messages.map(\.name) == ["A", "C"])
    #expect(database.messages[0].signals.map(\.name) == ["X", "Z"])
  }

  @Test func `a selector that depends on itself is a finding`() {
    let findings = Self.read(
      """
      BO_ 1 A: 8 N
       SG_ X m0M : 0|8@1+ (1,0) [0|0] "" N
       SG_ Y m0M : 8|8@1+ (1,0) [0|0] "" N
      SG_MUL_VAL_ 1 X Y 0-0;
      SG_MUL_VAL_ 1 Y X 0-0;
      """
    ).findings
    #expect(findings.contains { $0.message.contains("depends on itself") })
  }

  @Test func `no bytes make it crash`() {
    var state: UInt64 = 1
    func chance(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let pieces = [
      "BO_ ", "SG_ ", "VAL_ ", "SG_MUL_VAL_ ", "SIG_VALTYPE_ ", "CM_ ", "BA_ ", "1 ", "-9223372036854775808 ",
      "64|64@0-",
      "(", ")", "[", "|", "]", "\"", ";", "m0M ", "M ", ": ", "8 ", "1e999 ", "\\", "\u{0}", "X ", "\n",
    ].map { Array($0.utf8) }
    let whole = Array((Self.small + "\nBO_ 5 M: 8 A\n SG_ S M : 0|8@1+ (1,0) [0|0] \"\" B").utf8)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...chance(6) {
        let place = chance(bytes.count + 1)
        switch chance(3) {
        case 0: bytes.insert(contentsOf: pieces[chance(pieces.count)], at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + chance(9)))
        default: bytes.insert(UInt8(chance(256)), at: place)
        }
      }
      let (database, findings) = DBCReader.read(bytes)
      #expect(findings.count <= DBCReader.findingsMax + 1)
      // Whatever was read decodes any frame.
      for message in database.messages {
        for length in [0, 1, 8] { _ = message.decode([UInt8](repeating: 0xA5, count: length)) }
        _ = try? message.encode(Dictionary(message.signals.map { ($0.name, 1.0) }) { first, _ in first })
      }
    }
  }
}
