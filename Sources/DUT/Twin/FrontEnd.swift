import Ports
import Simulation

/// One look of the unit at its inputs, in SI units, as its converter reads them.
struct UnitSample {
  /// Index 0 = cell 1; clipped to what the converter can read.
  var cells = [Double](repeating: 0, count: UnitParameters.channelCount)
  /// Channels that read below the negative clip: wired the wrong way round.
  var reversed = [Bool](repeating: false, count: UnitParameters.channelCount)
  /// Ohms of each balance line including the unit's own part; 0 for cells that are not fed.
  var lineResistance = [Double](repeating: 0, count: UnitParameters.channelCount)
  /// °C of NTC 1 … 4.
  var temperatures = [Double](repeating: 25, count: UnitParameters.thermistorCount)
  /// Volts of the whole pack.
  var total = 0.0
  /// Amperes, positive = charging.
  var current = 0.0
}

/// The analogue side: turns what is at the connectors into what the firmware reads.
///
/// Noise is drawn from the unit's seed and the number of the sample, so a reading does not depend on how often
/// anybody asked.
struct FrontEnd {
  /// Volts. The manual promises 1.5 … 4.5 V (section 1); the converter reaches a little further.
  static let cellRange = -0.2...5.0
  /// Volts below which a channel counts as reversed.
  static let reversedBelow = -0.1

  let parameters: UnitParameters
  private(set) var count: UInt64 = 0
  /// Volts by which readings have shifted for good, index 0 = cell 1.
  private var damage = [Double](repeating: 0, count: UnitParameters.channelCount)
  private var damagedByOrder = [Bool](repeating: false, count: UnitParameters.channelCount)
  private var damagedByReversal = [Bool](repeating: false, count: UnitParameters.channelCount)
  private var stressed = false

  init(parameters: UnitParameters) { self.parameters = parameters }

  /// Amperes that the unit believes to flow.
  func current(_ real: Double) -> Double {
    let shunt = parameters.shunt
    return real * shunt.gain * (real > 0 ? shunt.chargeGain : shunt.dischargeGain) + shunt.offset
  }

  /// Reads everything. `keepingCells`: voltages and line resistances stay those of the last sample, because the
  /// balancer's current would falsify them (BLE protocol notes section 4.3).
  mutating func read(_ surroundings: any BoardSurroundings, last: UnitSample, keepingCells: Bool)
    -> UnitSample
  {
    count += 1
    var sample = last
    if !keepingCells { readCells(surroundings, into: &sample) }
    for index in 0..<UnitParameters.thermistorCount where count == 1 || !parameters.thermistors[index].frozen
    {
      sample.temperatures[index] = temperature(of: index, in: surroundings)
    }
    sample.current = current(surroundings.loopCurrent)
    return sample
  }

  private func readCells(_ surroundings: any BoardSurroundings, into sample: inout UnitSample) {
    var total = 0.0
    var random = SeededRandom(seed: parameters.seed ^ (count &* 0xD6E8_FEB8_6659_FD93))
    for (index, channel) in parameters.channels.enumerated() {
      let real = surroundings.senseVoltage(cell: index + 1)
      total += real
      let seen = channel.swapWith.map { surroundings.senseVoltage(cell: $0) } ?? real
      let noise = channel.noise * random.normal()
      if channel.frozen, count > 1 { continue }
      let reading =
        channel.open || seen == 0
        ? channel.phantom : seen * channel.gain + channel.offset + noise + damage[index]
      sample.reversed[index] = reading < Self.reversedBelow
      sample.cells[index] = min(max(reading, 0), channel.ceiling, Self.cellRange.upperBound)
      let lead = surroundings.leadResistance(cell: index + 1)
      sample.lineResistance[index] = seen == 0 || !lead.isFinite ? 0 : lead + channel.lineResistance
    }
    sample.total = total * parameters.totalVoltageGain
  }

  private func temperature(of index: Int, in surroundings: any BoardSurroundings) -> Double {
    let sensor = parameters.thermistors[index]
    if sensor.open { return ThermistorCurve.coldest }
    if sensor.shorted { return ThermistorCurve.hottest }
    let real = ThermistorCurve.temperature(ohms: surroundings.thermistorResistance(sensor.input))
    if real <= ThermistorCurve.coldest { return parameters.firmware.sensorOpenDetection ? real : 25 }
    if real >= ThermistorCurve.hottest { return parameters.firmware.sensorShortDetection ? real : 25 }
    return real * sensor.gain + sensor.offset
  }

  // MARK: wrong connections

  /// Nodes whose clamp conducts: connected, with voltage, above one that is not connected.
  private func misconnected(_ surroundings: any BoardSurroundings) -> [Int] {
    (1...UnitParameters.channelCount).filter {
      surroundings.isConnected(node: $0) && !surroundings.isConnected(node: $0 - 1)
        && surroundings.senseVoltage(cell: $0) > 0.2
    }
  }

  /// Amperes that leaking inputs and clamps take out of each cell, index 0 = cell 1: a clamp from a misconnected
  /// node down to the next one that is connected, or to B−.
  func inputCurrents(_ surroundings: any BoardSurroundings) -> [Double]? {
    guard parameters.inputs.clampLeak > 0 || parameters.channels.contains(where: { $0.leak > 0 }) else {
      return nil
    }
    var currents = parameters.channels.enumerated().map { index, channel in
      channel.leak * surroundings.senseVoltage(cell: index + 1)
    }
    guard parameters.inputs.clampLeak > 0 else { return currents }
    for node in misconnected(surroundings) {
      let below = (0..<node).last { surroundings.isConnected(node: $0) } ?? 0
      for cell in below..<node { currents[cell] = parameters.inputs.clampLeak }
    }
    return currents
  }

  /// Remembers what a wrong connection did, whether the unit runs or not.
  mutating func suffer(_ surroundings: any BoardSurroundings) {
    let inputs = parameters.inputs
    guard inputs.orderDamage != 0 || inputs.reverseDamage != 0 else { return }
    // A channel that sees several cells is stressed; a wire that is off at some tenths of a volt harms nothing.
    for node in misconnected(surroundings)
    where !damagedByOrder[node - 1] && surroundings.senseVoltage(cell: node) > Self.cellRange.upperBound {
      damagedByOrder[node - 1] = true
      damage[node - 1] += inputs.orderDamage
    }
    for cell in 1...UnitParameters.channelCount
    where surroundings.senseVoltage(cell: cell) < Self.reversedBelow && !damagedByReversal[cell - 1] {
      damagedByReversal[cell - 1] = true
      damage[cell - 1] += inputs.reverseDamage
    }
  }

  /// A short-circuit pulse went through the board.
  mutating func shake() {
    guard !stressed else { return }
    stressed = true
    for index in damage.indices { damage[index] += parameters.path.stressOffset }
  }
}

/// The NTC of manual section 3.2: 10 kΩ at 25 °C, B = 3950 K.
enum ThermistorCurve {
  /// °C that the unit reads for a broken and for a shorted sensor: beyond every limit, so either opens the path.
  static let coldest = -55.0
  static let hottest = 150.0

  static func temperature(ohms: Double) -> Double {
    guard ohms.isFinite, ohms < 1_000_000 else { return coldest }
    guard ohms > 150 else { return hottest }
    let kelvin = 1 / (naturalLogarithm(ohms / 10_000) / 3950 + 1 / 298.15)
    return min(hottest, max(coldest, kelvin - 273.15))
  }

  /// By the series of the area tangent, so that every processor gives the same last bit.
  static func naturalLogarithm(_ x: Double) -> Double {
    precondition(x > 0 && x.isFinite, "no logarithm of \(x)")
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095 {
      mantissa /= 2
      exponent += 1
    }
    let z = (mantissa - 1) / (mantissa + 1)
    var power = z
    var sum = 0.0
    for odd in stride(from: 1.0, through: 25, by: 2) {
      sum += power / odd
      power *= z * z
    }
    return 2 * sum + exponent * 0.693_147_180_559_945_3
  }
}
