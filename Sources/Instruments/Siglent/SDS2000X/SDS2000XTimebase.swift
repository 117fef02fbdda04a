/// Chooses time per division and memory depth for a record.
///
/// The trigger stays in the middle of the screen (delay 0): open drivers of the family disagree about the sign of the
/// delay, and the middle needs none. The screen is made wide enough that the wanted part lies right of it.
struct SDS2000XTimebase: Hashable {
  /// Seconds per division.
  let scale: Double
  /// Points of the whole record.
  let depth: Int

  /// Part of the transferred points that lies before the trigger. At least a fifth is wanted to show the rest level.
  static let preTriggerPart = 0.2
  /// Divisions across the screen, which the record spans.
  static let divisions = 10.0
  /// Memory depths with one channel in use, in the spelling of `:ACQ:MDEP`.
  static let depths: [(points: Int, text: String)] = [
    (20_000, "20k"), (200_000, "200k"), (2_000_000, "2M"), (20_000_000, "20M"),
  ]
  /// Fastest sampling with one channel in use, in points per second.
  static let rateMax = 2e9
  /// Time per division in the 1-2-5 steps of the instrument, 1 ns to 100 s.
  static let scales: [Double] = [
    1e-9, 2e-9, 5e-9, 10e-9, 20e-9, 50e-9, 100e-9, 200e-9, 500e-9, 1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6,
    100e-6,
    200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 100e-3, 200e-3, 500e-3, 1, 2, 5, 10, 20, 50, 100,
  ]
  /// Decimal fractions are not exact in binary; a millionth is no difference in time.
  private static let slack = 1.000001

  var depthText: String { Self.depths.first { $0.points == depth }!.text }
  /// Seconds between points.
  var interval: Double { Self.divisions * scale / Double(depth) }
  /// Seconds the instrument fills memory before it can accept a trigger.
  var preTriggerTime: Double { Self.divisions * scale / 2 }

  /// The slowest setting that samples at least as densely as asked and holds the asked time, with the smallest
  /// memory.
  ///
  /// - Returns: nil when no setting does: more than the memory holds or faster than the converter runs.
  init?(sampleInterval: Double, samples: Int) {
    guard sampleInterval > 0, sampleInterval.isFinite, samples > 1 else { return nil }
    let behindTrigger = sampleInterval * Double(samples) * (1 - Self.preTriggerPart)
    var best: SDS2000XTimebase?
    for (points, _) in Self.depths {
      let fits = { (scale: Double) in
        let interval = Self.divisions * scale / Double(points)
        return interval <= sampleInterval * Self.slack && 1 / interval <= Self.rateMax * Self.slack
          && behindTrigger <= Self.divisions * scale / 2 * Self.slack
      }
      guard let scale = Self.scales.last(where: fits) else { continue }
      let candidate = Self(scale: scale, depth: points)
      if best == nil || candidate.interval > best!.interval * Self.slack { best = candidate }
    }
    guard let best else { return nil }
    self = best
  }

  private init(scale: Double, depth: Int) {
    self.scale = scale
    self.depth = depth
  }

  /// Which points of a record to transfer for a wanted time.
  ///
  /// - Parameters:
  ///   - points: what the record really holds, trigger at the middle one.
  ///   - interval: seconds between its points.
  ///   - duration: seconds wanted.
  static func window(points: Int, interval: Double, duration: Double) -> Range<Int> {
    let count = Int((duration / interval / slack).rounded(.up))
    let first = max(0, points / 2 - Int((Double(count) * preTriggerPart).rounded()))
    return first..<min(points, first + count)
  }
}
