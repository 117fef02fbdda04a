/// Inputs made from a corpus by seeded chance, for runs without a fuzzing engine.
struct Mutator {
  private var state: UInt64
  private let corpus: [[UInt8]]
  private let lengthMax: Int
  private static let words: [[UInt8]] = [
    "#15", "\n", "9.9E37", "NaN", "-1", "55aaeb90", "0xFFFFFFFF", ": ", "- ", "{", "}", "[", "]", "\"", "&a ",
    "*a",
    "3.65 V", "1e999", "\0", "\u{2028}", "include: ", "..", "999999999999999999999",
  ].map { Array($0.utf8) }

  init(corpus: [[UInt8]], seed: UInt64, lengthMax: Int) {
    self.corpus = corpus.isEmpty ? [[]] : corpus
    state = seed
    self.lengthMax = lengthMax
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private mutating func below(_ limit: Int) -> Int { limit <= 1 ? 0 : Int(next() % UInt64(limit)) }

  mutating func input() -> [UInt8] {
    var bytes = corpus[below(corpus.count)]
    for _ in 0...below(5) { change(&bytes) }
    return Array(bytes.prefix(lengthMax))
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = below(bytes.count + 1)
    switch below(8) {
    case 0: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
    case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(below(8)) }
    case 2: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: next()) }
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + below(16)))
    case 4: bytes.insert(contentsOf: Self.words[below(Self.words.count)], at: place)
    case 5: bytes = Array(bytes.prefix(place))
    case 6:
      let end = min(bytes.count, place + below(64))
      bytes.insert(contentsOf: Array(bytes[place..<end]), at: below(bytes.count + 1))
    default:
      let other = corpus[below(corpus.count)]
      bytes = Array(bytes.prefix(place)) + other.dropFirst(below(other.count + 1))
    }
  }
}
