import Testing

@testable import Reports

@Suite struct `A duration in words` {
  @Test(arguments: [
    (0.85, "850 ms"), (12.4, "12.4 s"), (125, "2 min 05 s"), (3720, "1 h 02 min"), (-1, "-1.0 s"),
    (Double.nan, "no duration"), (1e300, "more than 88888888 h 53 min"),
    (.infinity, "more than 88888888 h 53 min"),
  ]) func `is one whatever the number`(_ seconds: Double, _ words: String) {
    #expect(Words.duration(seconds) == words)
  }
}
