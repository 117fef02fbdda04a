/// Finds what a person probably meant.
public enum NearestName {
  /// The candidate with the fewest edits, when they are few enough for a slip; the first of equals.
  public static func of(_ word: String, in candidates: [String]) -> String? {
    let allowed = max(1, word.count / 3)
    let letters = Array(word.lowercased().unicodeScalars)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let most = min(allowed, (best?.distance ?? .max) - 1)
      let other = Array(candidate.lowercased().unicodeScalars)
      if let distance = distance(letters, other, most: most) { best = (candidate, distance) }
    }
    return best?.name
  }

  /// `did you mean 'settle'?`, or the list of what is known when nothing is near.
  public static func suggestion(for word: String, in candidates: [String]) -> String {
    if let name = of(word, in: candidates) { return "did you mean '\(name)'?" }
    return candidates.isEmpty ? "" : "known: \(candidates.joined(separator: ", "))"
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  /// - Returns: nil when there are more than `most`.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], most: Int) -> Int? {
    // Each letter more is an insertion, and an edit takes one letter out of the set of letters and puts one in at most.
    guard (a.count - b.count).magnitude <= most, (set(a) ^ set(b)).nonzeroBitCount <= 2 * most else {
      return nil
    }
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

  /// Which letters there are, some of them under the same bit.
  private static func set(_ letters: [Unicode.Scalar]) -> UInt64 {
    letters.reduce(0) { $0 | 1 << UInt64($1.value % 64) }
  }
}
