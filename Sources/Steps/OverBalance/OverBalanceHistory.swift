import Engine
import Ports

/// Which transfers swapped the cells, how long nothing flowed after them and with what current it went on.
struct OverBalanceHistory {
  /// Silence that is no wait any more.
  static let silence = Interval.seconds(260)
  /// A pause inside a cycle is over by then.
  static let beforeSurvey = Interval.seconds(8)
  static let surveyInterval = Interval.seconds(30)

  /// Volts by which the swapped cells must differ so that the unit has no doubt.
  let margin: Double
  /// Index in the log's transfers of each transfer into a cell that made it the highest and the giver the lowest.
  private(set) var swaps: [Int] = []
  private var seen = 0
  private(set) var surveys = 0
  private var worst = 0.0

  init(margin: Double) { self.margin = margin }

  /// Nil while nobody looked.
  var worstWhileWaiting: Double? { surveys > 0 ? worst : nil }

  /// Looks at the modelled cells at the end of each transfer into a cell.
  mutating func follow(_ loop: BalanceLoop) {
    let transfers = loop.log.transfers
    defer { seen = transfers.count }
    guard transfers.count > seen else { return }
    for index in seen..<transfers.count where !transfers[index].isOut {
      guard let giver = transfers[..<index].last(where: \.isOut) else { continue }
      let volts = loop.pack.cells.map(\.openCircuitVoltage.base)
      let (up, down) = (volts[transfers[index].cell - 1], volts[giver.cell - 1])
      let isExtreme = up >= volts.max()! && down <= volts.min()!
      if isExtreme, up - down > margin { swaps.append(index) }
    }
  }

  mutating func surveyed(_ amperes: [Double], _ log: ConvergenceLog) {
    guard let last = swaps.last, last == log.transfers.count - 1 else { return }
    surveys += 1
    worst = max(worst, amperes.map(\.magnitude).max() ?? 0)
  }

  struct Wait {
    let seconds: Double
    let gap: Double
    let note: String
  }

  /// Time without current after each swap, as far as it ended.
  func waits(_ log: ConvergenceLog) -> [Wait] {
    swaps.compactMap { index in
      let ended = log.transfers[index]
      guard log.transfers.indices.contains(index + 1) else { return nil }
      let next = log.transfers[index + 1]
      return Wait(
        seconds: next.begin - ended.end, gap: (next.beginGap + ended.endGap) / 2,
        note: "after a transfer into cell \(ended.cell)")
    }
  }

  /// Means of the transfers out of cells before and after each swap.
  func halvings(_ log: ConvergenceLog) -> [(before: Double, after: Double)] {
    swaps.compactMap { index in
      guard let before = log.transfers[..<index].last(where: \.isOut),
        let after = log.transfers[index...].first(where: \.isOut), after.count >= 3
      else { return nil }
      return (before.mean, after.mean)
    }
  }
}
