import Foundation

/// Upper confidence bound of a probability from counts (Clopper and Pearson 1934): exact for the binomial
/// distribution, never too small.
public enum ClopperPearson {
  /// - Parameters:
  ///   - events: How often it happened, at most `trials`.
  ///   - confidence: One-sided, e.g. 0.95.
  /// - Returns: The probability with which so few events or fewer would come about only in 1 - `confidence` of all
  ///   series; 1 without trials.
  public static func upperBound(events: Int, trials: Int, confidence: Double = 0.95) -> Double {
    guard trials > 0, events < trials else { return 1 }
    var low = Double(events) / Double(trials)
    var high = 1.0
    // Sixty halvings are more than a Double resolves.
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if atMost(events, trials, middle) > 1 - confidence { low = middle } else { high = middle }
    }
    return high
  }

  /// Probability of at most `events` events.
  private static func atMost(_ events: Int, _ trials: Int, _ p: Double) -> Double {
    guard p > 0 else { return 1 }
    guard p < 1 else { return 0 }
    var logTerm = Double(trials) * log1p(-p)
    var sum = exp(logTerm)
    for count in 0..<events {
      logTerm += log(Double(trials - count) / Double(count + 1)) + log(p) - log1p(-p)
      sum += exp(logTerm)
    }
    return sum
  }
}
