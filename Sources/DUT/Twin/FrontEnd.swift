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

  init(parameters: UnitParameters) { self.parameters = parameters }

  /// Amperes that the unit believes to flow.
  func current(_ real: Double) -> Double { real * parameters.shunt.gain + parameters.shunt.offset }

  /// Reads everything. `keepingCells`: voltages and line resistances stay those of the last sample, because the
  /// balancer's current would falsify them (BLE protocol notes section 4.3).
  mutating func read(_ surroundings: any BoardSurroundings, last: UnitSample, keepingCells: Bool)
    -> UnitSample
  {
    count += 1
    var sample = last
    if !keepingCells { readCells(surroundings, into: &sample) }
    for index in 0..<UnitParameters.thermistorCount {
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
      let reading = channel.open || seen == 0 ? 0 : seen * channel.gain + channel.offset + noise
      sample.reversed[index] = reading < Self.reversedBelow
      sample.cells[index] = min(max(reading, 0), Self.cellRange.upperBound)
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
    guard real > ThermistorCurve.coldest, real < ThermistorCurve.hottest else { return real }
    return real * sensor.gain + sensor.offset
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
