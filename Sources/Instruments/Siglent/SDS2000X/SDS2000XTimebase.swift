/// Chooses time per division and memory depth for a record, and says which points of it to transfer.
///
/// The trigger stays in the middle of the screen (delay 0): open drivers of the family disagree about the sign of the
/// delay, and the middle needs none. The screen is made wide enough that the wanted part lies right of it.
struct SDS2000XTimebase: Hashable {
  /// Seconds per division.
  let scale: Double
  /// Points of the whole record, as `:ACQ:MDEP` is told.
  let depth: Int
  /// Seconds between points.
  let interval: Double
  /// First point to transfer and how many.
  let first: Int
  let count: Int

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

  var depthText: String { Self.depths.first { $0.points == depth }!.text }

  /// The slowest setting that samples at least as densely as asked and holds the asked time, with the smallest
  /// memory.
  ///
  /// - Returns: nil when no setting does: more than the memory holds or faster than the converter runs.
  init?(sampleInterval: Double, samples: Int) {
    guard sampleInterval > 0, sampleInterval.isFinite, samples > 1 else { return nil }
    let wanted = sampleInterval * Double(samples)
    var best: (scale: Double, depth: Int, interval: Double)?
    for (points, _) in Self.depths {
      // Half the screen follows the trigger and must hold the wanted part behind it.
      guard
        let scale = Self.scales.last(where: {
          Self.divisions * $0 / Double(points) <= sampleInterval * 1.000001
        })
      else { continue }
      let interval = Self.divisions * scale / Double(points)
      guard 1 / interval <= Self.rateMax * 1.000001,
        wanted * (1 - Self.preTriggerPart) <= Self.divisions * scale / 2
      else { continue }
      if best == nil || interval > best!.interval * 1.000001 { best = (scale, points, interval) }
    }
    guard let best else { return nil }
    scale = best.scale
    depth = best.depth
    interval = best.interval
    count = min(best.depth, Int((wanted / best.interval).rounded(.up)))
    first = best.depth / 2 - Int((Double(count) * Self.preTriggerPart).rounded())
  }

  /// Seconds from the trigger to point `index` of the whole record.
  func time(of index: Int) -> Double { Double(index - depth / 2) * interval }

  /// Seconds the instrument fills memory before it can accept a trigger.
  var preTriggerTime: Double { Double(depth / 2) * interval }

  /// Time per division in the 1-2-5 steps of the instrument, 1 ns to 100 s; the position is the descriptor's index
  /// on models that begin at 200 ps.
  static let scales: [Double] = [
    1e-9, 2e-9, 5e-9, 10e-9, 20e-9, 50e-9, 100e-9, 200e-9, 500e-9, 1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6,
    100e-6,
    200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 100e-3, 200e-3, 500e-3, 1, 2, 5, 10, 20, 50, 100,
  ]
}
