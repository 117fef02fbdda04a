/// Finds what a person probably meant.
public enum NearestName {
  /// The candidate with the fewest edits, when they are few enough for a slip; the first of equals.
  public static func of(_ word: String, in candidates: [String]) -> String? {
    KnownNames(candidates).nearest(to: word)
  }

  /// `did you mean 'settle'?`, or the list of what is known when nothing is near.
  public static func suggestion(for word: String, in candidates: [String]) -> String {
    if let name = of(word, in: candidates) { return "did you mean '\(name)'?" }
    return candidates.isEmpty ? "" : "known: \(candidates.joined(separator: ", "))"
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  /// - Returns: nil when there are more than `most`.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], most: Int) -> Int? {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      // Costs only grow from row to row; a swap looks two rows back.
      if min(row.min() ?? 0, last.min() ?? 0) > most { return nil }
      (beforeLast, last) = (last, row)
    }
    return last[b.count] <= most ? last[b.count] : nil
  }
}

/// Names to look among, with what a search needs of each. For a list that many words are held against: each search
/// in a plain list makes one of these.
public struct KnownNames: Sendable {
  private struct Name {
    let text: String
    let letters: [Unicode.Scalar]
    /// How often each letter occurs, some of them counted together, up to 255.
    let counts: SIMD32<UInt8>

    init(_ text: String) {
      self.text = text
      letters = Array(text.lowercased().unicodeScalars)
      counts = letters.reduce(into: SIMD32()) { counts, letter in
        let lane = Int(letter.value % 32)
        if counts[lane] < .max { counts[lane] += 1 }
      }
    }

    /// How many letters this name has that the other has not.
    func surplus(over other: Name) -> Int {
      let more = (counts &- other.counts).replacing(with: 0, where: counts .<= other.counts)
      return Int(SIMD32<UInt16>(truncatingIfNeeded: more).wrappedSum())
    }
  }

  private let names: [Name]

  public init(_ names: [String]) { self.names = names.map(Name.init) }

  /// The name with the fewest edits, when they are few enough for a slip; the first of equals.
  public func nearest(to word: String) -> String? {
    let allowed = max(1, word.count / 3)
    let meant = Name(word)
    var best: (name: String, distance: Int)?
    for name in names {
      let most = min(allowed, (best?.distance ?? .max) - 1)
      // Every edit takes one letter out at most, and puts one in at most.
      guard (meant.letters.count - name.letters.count).magnitude <= most, meant.surplus(over: name) <= most,
        name.surplus(over: meant) <= most
      else { continue }
      if let distance = NearestName.distance(meant.letters, name.letters, most: most) {
        best = (name.text, distance)
      }
    }
    return best?.name
  }
}
