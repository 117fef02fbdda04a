import Quantities
import Testing

@Suite struct OrderedJSONTests {
  @Test func `objects keep their order and print the same text every time`() {
    let value: OrderedJSON = ["b": 1, "a": [1, 2.5, nil, true], "c": ["x": "y"], "e": [:], "f": []]
    #expect(value.serialized() == #"{"b":1,"a":[1,2.5,null,true],"c":{"x":"y"},"e":{},"f":[]}"#)
    #expect(
      value.serialized(pretty: true)
        == """
        {
          "b": 1,
          "a": [1, 2.5, null, true],
          "c": {
            "x": "y"
          },
          "e": {},
          "f": []
        }
        """)
  }

  @Test(arguments: [
    0.1, 1e-7, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 3.341952085494995, -0.0, 1e22,
    123_456_789.125,
  ])
  func `doubles read back to the same bits`(number: Double) throws {
    let back = try OrderedJSON(parsing: OrderedJSON.double(number).serialized())
    #expect(back.doubleValue?.bitPattern == number.bitPattern)
  }

  @Test func `what is not a number prints as null`() {
    #expect(OrderedJSON.array([.double(.nan), .double(.infinity)]).serialized() == "[null,null]")
  }

  @Test(arguments: [
    ("a\u{1}b", #""a\u0001b""#), ("\u{7F}", #""\u007f""#), ("say \"°C\" \\", #""say \"°C\" \\""#),
    ("one\r\n\ttwo", #""one\r\n\ttwo""#), ("a\u{2028}b\u{2029}", #""a\u2028b\u2029""#),
    ("1–2 Ω", #""1–2 Ω""#),
  ])
  func `only what JSON or JavaScript cannot hold is escaped`(text: String, printed: String) {
    #expect(OrderedJSON.string(text).serialized() == printed)
  }

  @Test(arguments: ["plain", "quote \" and \\", "line\nfeed\u{0}\u{1F}", "µΩ €", "😀", "\u{2028}", ""])
  func `strings survive the round trip`(text: String) throws {
    #expect(try OrderedJSON(parsing: OrderedJSON.string(text).serialized()) == .string(text))
  }

  @Test func `escapes are read`() throws {
    #expect(try OrderedJSON(parsing: #" "\u00b5\ud83d\ude00\/\b" "#) == .string("µ😀/\u{8}"))
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), (#"{"a":1,"a":2}"#, 7), ("tru", 0), ("01", 1), ("1.", 2),
    ("\"a", 0), ("\"\\x\"", 2), (#""\ud800""#, 1), ("1e999", 0), ("nul", 0), ("+1", 0), ("\"\u{1}\"", 1),
  ])
  func `a bad text is refused at the byte`(text: String, offset: Int) {
    let error = #expect(throws: JSONTextError.self) { try OrderedJSON(parsing: text) }
    #expect(error?.byteOffset == offset)
  }

  @Test func `deep nesting is refused, not crashed on`() {
    #expect(throws: JSONTextError.self) {
      try OrderedJSON(parsing: String(repeating: "[", count: 100_000))
    }
  }

  @Test func `members are reached by key and place`() throws {
    let value = try OrderedJSON(parsing: #"{"frames":[{"kind":"request","n":3}]}"#)
    #expect(value["frames"]?[0]?["kind"]?.stringValue == "request")
    #expect(value["frames"]?[0]?["n"]?.doubleValue == 3)
    #expect(value["frames"]?[1] == nil)
  }
}
