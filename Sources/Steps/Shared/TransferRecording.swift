import Engine
import Ports
import Quantities

/// Voltages of the chosen cells at the unit's connector, as fast as the voltmeter scans.
///
/// An emulator tells its currents a few times per second, too slow to time a transfer of seconds to a few percent. The
/// current's drop in the leads shows at once: it tells when the current flows, and its ratio to the drop of the flat
/// part how much of it.
struct TransferRecording {
  struct Sample {
    let at: Double
    let high: Double
    let low: Double
  }

  /// Volts of lead drop below which it cannot be told from noise.
  static let dropMin = 0.004

  private(set) var samples: [Sample] = []

  /// Records until `cycles` transfers in each direction are complete.
  static func record(_ context: StepContext, _ pair: BalancePair, cycles: Int, limit: Double) async throws
    -> Self
  {
    var recording = Self()
    let end = context.world.now + .seconds(limit * Double(cycles + 1))
    var checked = context.world.now
    while context.world.now < end {
      let volts = try await context.bench.cellReferenceVolts(of: [pair.high, pair.low])
      recording.samples.append(
        Sample(at: volts[0].at.seconds, high: volts[0].volts, low: volts[1].volts))
      guard context.world.now - checked > .seconds(1) else { continue }
      checked = context.world.now
      let spans = recording.spans(isOut: true).count
      if spans >= cycles, recording.spans(isOut: false).count >= cycles { break }
    }
    return recording
  }

  /// Volts by which the leads change a cell's voltage at most, and its voltage without current.
  func swing(isOut: Bool) -> (rest: Double, drop: Double) {
    let values = samples.map { isOut ? $0.high : $0.low }
    guard let low = values.min(), let high = values.max() else { return (0, 0) }
    return (isOut ? high : low, high - low)
  }

  /// Samples in a row in which both cells carry current: fewer may be an edge between the two readings of one scan.
  static let overlapSamples = 3

  /// Both cells carry current at once.
  var overlaps: Bool {
    let (out, into) = (swing(isOut: true), swing(isOut: false))
    guard min(out.drop, into.drop) >= Self.dropMin else { return false }
    var run = 0
    for sample in samples {
      let both =
        (sample.high - out.rest).magnitude > out.drop / 2
        && (sample.low - into.rest).magnitude > into.drop / 2
      run = both ? run + 1 : 0
      if run >= Self.overlapSamples { return true }
    }
    return false
  }

  /// Whether transfers in both directions take turns; nil when the leads drop too little to tell.
  var alternates: Bool? {
    guard max(swing(isOut: true).drop, swing(isOut: false).drop) >= Self.dropMin else { return nil }
    let spans =
      (spans(isOut: true).map { ($0.lowerBound, true) } + spans(isOut: false).map { ($0.lowerBound, false) })
      .sorted { $0.0 < $1.0 }.map(\.1)
    let isInTurn = zip(spans, spans.dropFirst()).allSatisfy { $0 != $1 }
    return isInTurn && !overlaps && spans.contains(true) && spans.contains(false)
  }

  /// Seconds that the complete transfers took, to half a scan.
  func durations(isOut: Bool) -> [Double] {
    spans(isOut: isOut).map { samples[$0.upperBound + 1].at - samples[$0.lowerBound].at }
  }

  /// Index ranges of the complete transfers: whole runs with more than half of the swing, neither first nor last.
  func spans(isOut: Bool) -> [ClosedRange<Int>] {
    let (rest, drop) = swing(isOut: isOut)
    guard drop >= TransferRecording.dropMin else { return [] }
    var spans: [ClosedRange<Int>] = []
    var begin: Int?
    for (index, sample) in samples.enumerated() {
      let flows = ((isOut ? sample.high : sample.low) - rest).magnitude > drop / 2
      if flows {
        begin = begin ?? index
      } else if let first = begin {
        if first > 0 { spans.append(first...index - 1) }
        begin = nil
      }
    }
    return spans
  }
}

/// One direction's charge and energy of one transfer.
struct CountedTransfer {
  let isOut: Bool
  /// Seconds since the world began.
  let begin: Double
  let duration: Double
  /// Coulombs, and joules at the unit's connector.
  let charge: Double
  let energy: Double
  /// Seconds between the samples around an edge, the longer of both.
  let gap: Double
  /// Seconds, expanded (k = 2): both edges lie anywhere between two samples.
  var edgeUncertainty: Double { 2 * gap / 6.0.squareRoot() }
}

/// Charges and energies from the currents of the emulator and the times of the voltmeter.
struct TransferCount {
  let log: BalanceLog
  let recording: TransferRecording

  /// Why nothing can be counted; nil when it can.
  var obstacle: String? {
    if let disorder = log.disorder { return disorder }
    for isOut in [true, false] where recording.swing(isOut: isOut).drop < TransferRecording.dropMin {
      return "the leads drop less than \(Voltage(TransferRecording.dropMin)): transfers cannot be timed by it"
    }
    return transfers.isEmpty ? "no complete transfer" : nil
  }

  /// In the order of time.
  var transfers: [CountedTransfer] {
    (counted(isOut: true) + counted(isOut: false)).sorted { $0.begin < $1.begin }
  }

  private func counted(isOut: Bool) -> [CountedTransfer] {
    let phases = log.phases().filter { $0.complete && $0.sourcing == isOut }
    guard !phases.isEmpty else { return [] }
    let amperes = phases.map(\.mean).reduce(0, +) / Double(phases.count)
    let samples = recording.samples
    let rest = recording.swing(isOut: isOut).rest
    func volts(_ index: Int) -> Double { isOut ? samples[index].high : samples[index].low }
    return recording.spans(isOut: isOut).map { span in
      let begin = (samples[span.lowerBound - 1].at + samples[span.lowerBound].at) / 2
      let end = (samples[span.upperBound].at + samples[span.upperBound + 1].at) / 2
      let drops = span.map { (volts($0) - rest).magnitude }
      let flat = drops.sorted()[drops.count / 2]
      // Each sample stands for the time half way to its neighbours.
      var charge = 0.0
      var energy = 0.0
      for (index, drop) in zip(span, drops) {
        let from = max(begin, (samples[index - 1].at + samples[index].at) / 2)
        let to = min(end, (samples[index].at + samples[index + 1].at) / 2)
        let part = amperes * drop / flat * (to - from)
        charge += part
        energy += part * volts(index)
      }
      let gap = max(
        samples[span.lowerBound].at - samples[span.lowerBound - 1].at,
        samples[span.upperBound + 1].at - samples[span.upperBound].at)
      return CountedTransfer(
        isOut: isOut, begin: begin, duration: end - begin, charge: charge, energy: energy, gap: gap)
    }
  }

  /// Energy into the lowest cell over energy out of the highest, over as many transfers of each.
  var efficiency: (value: Double, uncertainty: Double, cycles: Int)? {
    let out = counted(isOut: true)
    let into = counted(isOut: false)
    let count = min(out.count, into.count)
    guard count > 0 else { return nil }
    let used = out.prefix(count) + into.prefix(count)
    let value =
      into.prefix(count).map(\.energy).reduce(0, +) / out.prefix(count).map(\.energy).reduce(0, +)
    // The emulator's gain is the same in both directions; edges are independent from transfer to transfer.
    let relative = used.map { $0.edgeUncertainty / $0.duration }.reduce(0, hypotenuse) / Double(count)
    return (value, relative * value, count)
  }
}
