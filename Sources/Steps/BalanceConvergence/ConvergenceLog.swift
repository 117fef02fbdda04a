import Engine
import Model
import Ports
import Quantities

/// What flowed while the loop was closed: charge, energy, when, and how the cells answered.
struct ConvergenceLog {
  /// Amperes beyond the supply current that are balancing and not the emulator's offset.
  static let floor = 0.3

  /// What one look at the cells found. All arrays begin with cell 1.
  struct Look {
    let at: WorldInstant
    /// Since the look before.
    let seconds: Double
    /// Mean amperes over that time beyond the supply current, positive out of the cell.
    let balancing: [Double]
    /// Volts between the terminals of the modelled cells.
    let volts: [Double]
    let statesOfCharge: [Double]
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
    for (amperes, volts) in zip(look.balancing, look.volts) where amperes.magnitude > Self.floor / 2 {
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
  }
}
