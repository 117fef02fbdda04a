import Model
import Testing

@Suite struct NearestNameTests {
  static let names = [
    "settle", "channels.N.offset", "channels.N.open", "ntc.N.offset", "supply.ripple", "aaaa", "abab",
    "ä.größe", "",
  ]

  @Test(
    "a slip finds the name that was meant",
    arguments: [
      ("setle", "settle"), ("settel", "settle"), ("SETTLE", "settle"),
      ("chanels.N.offset", "channels.N.offset"),
      ("channels.N.ofsett", "channels.N.offset"), ("ntc.N.offst", "ntc.N.offset"), ("aaab", "aaaa"),
      ("abba", "abab"), ("ä.grösse", "ä.größe"), ("a", ""),
    ])
  func meant(word: String, name: String) {
    #expect(NearestName.of(word, in: Self.names) == name)
  }

  @Test(
    "what is no slip finds nothing",
    arguments: ["voltage", "elttes", "channels", "baba", "ßßßßßßßßß"])
  func noSlip(word: String) {
    #expect(NearestName.of(word, in: Self.names) == nil)
  }

  @Test("a word of any length is looked for, the same letter more often than is counted, too")
  func long() {
    let names = [255, 256, 300].map { String(repeating: "a", count: $0) }
    #expect(NearestName.of(String(repeating: "a", count: 290), in: names) == names[2])
    #expect(NearestName.of(String(repeating: "a", count: 70_000), in: names) == nil)
  }

  @Test("no name near enough is missed: what is left out unseen is further away than a slip")
  func nothingMissed() {
    var state: UInt64 = 1
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let names = (0..<40).map { _ in String((0..<(1 + draw(12))).map { _ in Array("abcAß.")[draw(6)] }) }
    let known = KnownNames(names)
    for _ in 0..<400 {
      let word = String((0..<(1 + draw(12))).map { _ in Array("abcAß.")[draw(6)] })
      let distances = names.map { Self.distance(Array(word.lowercased()), Array($0.lowercased())) }
      let nearest = distances.min()!
      let expected = nearest <= max(1, word.count / 3) ? names[distances.firstIndex(of: nearest)!] : nil
      #expect(known.nearest(to: word) == expected, "\(word)")
    }
  }

  /// By the definition, each way tried: slow, and nothing left out.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var costs = Array(repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count {
      for j in 0...b.count {
        guard i > 0, j > 0 else {
          costs[i][j] = i + j
          continue
        }
        costs[i][j] = min(
          costs[i - 1][j] + 1, costs[i][j - 1] + 1, costs[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          costs[i][j] = min(costs[i][j], costs[i - 2][j - 2] + 1)
        }
      }
    }
    return costs[a.count][b.count]
  }
}
