import Engine
import Model
import Ports
import Quantities

/// What flowed while the loop was closed: charge, energy, when, and how the cells answered.
struct ConvergenceLog {
  /// Amperes beyond the supply current that are balancing and not the emulator's offset.
  static let floor = 0.1

  /// Current in one direction through one cell, from its first to its last look.
  struct Transfer {
    let cell: Int
    /// True out of the cell.
    let isOut: Bool
    /// Half way to the looks before and after that did not show it.
    let begin: Double
    var end: Double
    /// Seconds between the looks around the begin and around the end.
    let beginGap: Double
    var endGap = 0.0
    /// Sum and number of the readings.
    var sum = 0.0
    var count = 0
    /// Mean amperes, positive in either direction.
    var mean: Double { count > 0 ? sum / Double(count) : .nan }
  }

  /// What one look at the cells found. All arrays begin with cell 1.
  struct Look {
    let at: WorldInstant
    /// Since the look before.
    let seconds: Double
    /// Mean amperes over that time beyond the supply current, positive out of the cell.
    let balancing: [Double]
    /// Volts between the terminals of the modelled cells.
    let volts: [Double]
    /// Volts at the unit's connector, with the mean currents: the leads between are the rig's.
    let pins: [Double]
    let statesOfCharge: [Double]
    /// Amperes beyond the supply current at this moment, positive out of the cell.
    let now: [Double]
    /// Balancing current flows out of a cell, and into one, at this moment.
    let gives: Bool
    let takes: Bool
    var flows: Bool { gives || takes }
  }

  /// Coulombs out of the cells that gave and into those that took, and joules of both.
  private(set) var given = 0.0
  private(set) var taken = 0.0
  private(set) var energyGiven = 0.0
  private(set) var energyTaken = 0.0
  /// Seconds during which current flowed.
  private(set) var flowTime = 0.0
  /// Times it began or ended.
  private(set) var edges = 0
  private(set) var firstFlow: WorldInstant?
  private(set) var lastFlow: WorldInstant?
  /// Seconds between looks: the longest, and all together.
  private(set) var gapMax = 0.0
  /// Transfers out of a cell and into one, as far as they were told apart.
  private(set) var transfersOut = 0
  private(set) var transfersIn = 0
  /// Two transfers of one direction in a row, or both directions at once.
  private(set) var overlaps = false
  /// Transfers that have ended, in the order of their ends, and those under way.
  private(set) var transfers: [Transfer] = []
  private var open: [Transfer] = []
  /// Direction of the transfer before, true = out of a cell.
  private var direction: Bool?
  private var elapsed = 0.0
  private var looks = 0
  private var flowed = false
  private var trace = DecimatedTrace()

  var gapMean: Double { looks > 0 ? elapsed / Double(looks) : 0 }
  /// Seconds from the first to the last current.
  var duration: Double? {
    guard let firstFlow, let lastFlow else { return nil }
    return (lastFlow - firstFlow).seconds
  }

  mutating func add(_ look: Look) {
    looks += 1
    elapsed += look.seconds
    gapMax = max(gapMax, look.seconds)
    for (amperes, volts) in zip(look.balancing, look.pins) where amperes.magnitude > Self.floor / 2 {
      let charge = amperes.magnitude * look.seconds
      if amperes > 0 {
        given += charge
        energyGiven += charge * volts
      } else {
        taken += charge
        energyTaken += charge * volts
      }
    }
    if look.flows {
      flowTime += look.seconds
      firstFlow = firstFlow ?? look.at
      lastFlow = look.at
    }
    if look.flows != flowed { edges += 1 }
    follow(look)
    extend(look)
    flowed = look.flows
    trace.append(
      look.volts + [look.statesOfCharge.max() ?? 0, look.statesOfCharge.min() ?? 0], at: look.at.seconds)
  }

  private mutating func follow(_ look: Look) {
    guard look.flows else { return }
    if look.gives && look.takes { overlaps = true }
    if flowed, direction == look.gives { return }
    if direction == look.gives { overlaps = true }
    direction = look.gives
    if look.gives { transfersOut += 1 } else { transfersIn += 1 }
  }

  /// Begins, goes on with and ends the transfers: one cell per direction, the one with the largest current.
  private mutating func extend(_ look: Look) {
    let at = look.at.seconds
    let edge = at - look.seconds / 2
    var going: [(cell: Int, isOut: Bool, amperes: Double)] = []
    if let (index, value) = look.now.enumerated().max(by: { $0.element < $1.element }), value > Self.floor {
      going.append((index + 1, true, value))
    }
    if let (index, value) = look.now.enumerated().min(by: { $0.element < $1.element }), value < -Self.floor {
      going.append((index + 1, false, -value))
    }
    for index in open.indices.reversed()
    where !going.contains(where: { $0.cell == open[index].cell && $0.isOut == open[index].isOut }) {
      var ended = open.remove(at: index)
      ended.end = edge
      ended.endGap = look.seconds
      transfers.append(ended)
    }
    for one in going {
      let index =
        open.firstIndex { $0.cell == one.cell && $0.isOut == one.isOut }
        ?? {
          open.append(
            Transfer(cell: one.cell, isOut: one.isOut, begin: edge, end: at, beginGap: look.seconds))
          return open.count - 1
        }()
      open[index].sum += one.amperes
      open[index].count += 1
      open[index].end = at
    }
  }

  /// Transfers out of cells and into cells take turns.
  var alternates: Bool { !overlaps && transfersOut > 0 && transfersIn > 0 }

  /// Expanded uncertainty of either charge, coulombs: the emulator's error while current flows, and the edges, each
  /// of which lies anywhere between two looks (a rectangle of that width, k = 2, independent of the others).
  func chargeUncertainty(current: Double, emulator: Double) -> Double {
    let edge = current * gapMean / 3.0.squareRoot()
    return hypotenuse(emulator * flowTime, edge * Double(edges).squareRoot())
  }

  func plot(_ context: StepContext) {
    let (times, rows) = trace.finished()
    let cells = context.cellCount
    context.trace(
      "cell voltages",
      (0..<cells).map { index in
        Trace.Series(
          name: context.cell(index + 1), dimension: .voltage, times: times, values: rows.map { $0[index] })
      })
    context.trace(
      "state of charge",
      [("highest", cells), ("lowest", cells + 1)].map { name, index in
        Trace.Series(name: name, dimension: .ratio, times: times, values: rows.map { $0[index] })
      })
    let drawn = drawnTransfers
    guard let first = times.first, let last = times.last, !drawn.isEmpty else { return }
    context.trace(
      drawn.count == transfers.count
        ? "balancing current" : "balancing current (\(drawn.count) of \(transfers.count) transfers)",
      [("out of a cell", true), ("into a cell", false)].map { name, isOut in
        let mine = drawn.filter { $0.isOut == isOut }
        return Trace.Series(
          name: name, dimension: .current, times: [first] + mine.flatMap { [$0.begin, $0.end] } + [last],
          values: [0] + mine.flatMap { [isOut ? -$0.mean : $0.mean, 0] } + [0], steps: true)
      })
  }

  /// At most `transfersDrawn`, evenly spread.
  private var drawnTransfers: [Transfer] {
    let stride = (transfers.count + Self.transfersDrawn - 1) / Self.transfersDrawn
    guard stride > 1 else { return transfers }
    // Pairs stay together: out of a cell and into one.
    return transfers.indices.filter { $0 / 2 % stride == 0 }.map { transfers[$0] }
  }
  static let transfersDrawn = 400
}
