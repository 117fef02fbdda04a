/// What one emulator output was told to do. Volts and amperes; limits are magnitudes.
struct CellDrive: Equatable {
  var volts = 0.0
  var sourceLimit = 0.0
  var sinkLimit = 0.0
  var on = false
}

/// The wires from the emulator's 25 nodes to the 25 pins of the unit's sense connector.
struct SenseWiring: Equatable {
  /// Ohms of each wire, index 0 = B0 … 24 = B24.
  var resistance: [Double]
  /// True while the wire of the pin is interrupted.
  var open = [Bool](repeating: false, count: 25)
  /// Emulator node that arrives at each pin.
  var node = Array(0...24)

  init(leadResistance: Double) { resistance = Array(repeating: leadResistance, count: 25) }
}

/// The emulated stack, its wires and what the unit's connector sees of them.
///
/// Modelled: ideal sources with a source and a sink limit, series leads, balancer currents in the leads of their own
/// cell, supply current in the wires of B24 and B0, open, resistive and crossed wires. Not modelled: capacitance of
/// the wires, settling of the outputs, the balancer's reaction to an open wire.
///
/// A channel that is off counts as 0 V and 0 A. B24 sits at the top of the fed cells whatever their number, as
/// decided for conflict C-11 of the EK-B24S8E300A manual (section 8 against its own 16-cell example).
struct CellStack {
  /// In current limit the output voltage of a sinking channel rises to at most this multiple of its setting.
  static let sinkRiseMax = 1.5

  /// Index 1 … 24; index 0 is unused. Volts at the output, amperes out of it, volts at the connector.
  private(set) var outputVoltage = [Double](repeating: 0, count: 25)
  private(set) var outputCurrent = [Double](repeating: 0, count: 25)
  private(set) var senseVoltage = [Double](repeating: 0, count: 25)
  /// Sum of the outputs, and volts between the pins B24 and B0 while the stack feeds them.
  private(set) var total = 0.0
  private(set) var pinSupply = 0.0

  /// Everything that the solution depends on.
  struct Input: Equatable {
    var drives = [CellDrive](repeating: CellDrive(), count: 25)
    var wiring: SenseWiring
    /// Amperes that flow through every channel, part of them through the wires of B24 and B0.
    var common = 0.0
    /// The part of `common` that the unit draws through B24.
    var supply = 0.0
    /// Amperes taken out of each cell, index 1 … 24.
    var balance = [Double](repeating: 0, count: 25)
  }

  init(_ input: Input) {
    let (drives, wiring, common, supply, balance) =
      (input.drives, input.wiring, input.common, input.supply, input.balance)
    var top = 0
    for k in 1...24 where drives[k].on {
      top = k
      let (volts, amperes) = Self.output(drives[k], demand: common + balance[k])
      outputVoltage[k] = volts
      outputCurrent[k] = amperes
      total += volts
    }
    let pins = pinPotentials(wiring: wiring, supply: supply, balance: balance)
    for k in 1...24 {
      let floating = k > top && wiring.node[k] == k && wiring.node[k - 1] == k - 1
      senseVoltage[k] = floating ? 0 : pins[k] - pins[k - 1]
    }
    pinSupply = wiring.open[24] ? 0 : pins[24] - (wiring.open[0] ? 0 : pins[0])
  }

  /// A channel that cannot carry the demanded current holds its limit; its voltage leaves the setting in the ratio
  /// of limit and demand, as across a resistive load.
  static func output(_ drive: CellDrive, demand: Double) -> (volts: Double, amperes: Double) {
    if demand > drive.sourceLimit {
      return (drive.volts * drive.sourceLimit / demand, drive.sourceLimit)
    }
    if -demand > drive.sinkLimit {
      let rise = drive.sinkLimit > 0 ? min(sinkRiseMax, -demand / drive.sinkLimit) : sinkRiseMax
      return (drive.volts * rise, -drive.sinkLimit)
    }
    return (drive.volts, demand)
  }

  /// Volts of the 25 pins against emulator node 0. An open pin is pulled down to its lower neighbour by the bias
  /// current of the unit's front end, so that the cell below reads 0 V and the cell above reads both; an open B0
  /// settles at the first pin that is connected.
  private func pinPotentials(wiring: SenseWiring, supply: Double, balance: [Double]) -> [Double] {
    var nodes = [0.0]
    for k in 1...24 { nodes.append(nodes[k - 1] + outputVoltage[k]) }
    var pins = [Double](repeating: 0, count: 25)
    for j in 0...24 {
      var current = (j > 0 ? balance[j] : -supply) - (j < 24 ? balance[j + 1] : 0)
      if j == 24 { current += supply }
      pins[j] = nodes[wiring.node[j]] - current * wiring.resistance[j]
    }
    if wiring.open[0] { pins[0] = pins[wiring.open.firstIndex(of: false) ?? 0] }
    for j in 1...24 where wiring.open[j] { pins[j] = pins[j - 1] }
    return pins
  }
}
