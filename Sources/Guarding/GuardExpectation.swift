/// What an answer must be for a proof. Anything else, and whatever does not read exactly, proves nothing.
public enum GuardExpectation: Hashable, Sendable {
  /// `0` or `OFF`.
  case off
  /// Whole numbers that all have none of these bits: status words of one channel each.
  case bitsClear(UInt32, count: Int)
  /// Numbers whose magnitude is below the limit; of `stride` fields the first is one, and there are `count` of them.
  case below(Double, count: Int, stride: Int)
  /// These bytes and no others.
  case exactly([UInt8])

  /// How many bytes the answer has; nil when a line feed ends it.
  public var length: Int? {
    switch self {
    case .exactly(let bytes): bytes.count
    case .off, .bitsClear, .below: nil
    }
  }

  public func isMet(by answer: [UInt8]) -> Bool {
    switch self {
    case .exactly(let bytes): return answer == bytes
    case .off:
      let text = Self.text(answer)
      return text == "OFF" || Double(text) == 0
    case .bitsClear(let bits, let count):
      let words = Self.fields(answer)
      return words.count == count
        && words.allSatisfy { field in
          guard let number = Double(field), let word = UInt32(exactly: number) else { return false }
          return word & bits == 0
        }
    case .below(let limit, let count, let stride):
      let fields = Self.fields(answer)
      guard count > 0, stride > 0, fields.count == count * stride else { return false }
      for index in 0..<count {
        // A number that is none is not below anything.
        guard let number = Double(fields[index * stride]), number.magnitude < limit else { return false }
      }
      return true
    }
  }

  static func text(_ answer: [UInt8]) -> String {
    String(decoding: answer.filter { (0x21...0x7E).contains($0) }, as: UTF8.self).uppercased()
  }

  static func fields(_ answer: [UInt8]) -> [String] {
    text(answer).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
