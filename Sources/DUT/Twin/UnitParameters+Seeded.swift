import Simulation

extension UnitParameters {
  /// A good unit whose parts differ from the nominal ones as far as real parts would.
  ///
  /// A cell reads at most 2.9 mV wrong at 4.5 V (about 1 mV typically), the shunt 0.3 %, an NTC 0.3 °C, the
  /// balancer 1.5 %: all inside the project's end-of-line limits with room for the rig's own uncertainty.
  public static func seeded(_ random: SeededRandom) -> UnitParameters {
    var unit = UnitParameters()
    var identity = random.fork("identity")
    unit.seed = identity.next()
    let number = identity.next() % 1_000_000_000
    let digits = String(number)
    unit.identity.deviceID = "SIM" + String(repeating: "0", count: 9 - digits.count) + digits
    unit.identity.radioAddress = radioAddress(number)
    unit.drawFrontEnd(random.fork("front end"))
    unit.drawPower(random.fork("power"))
    unit.drawBehaviour(random.fork("behaviour"))
    unit.article.draw(random.fork("article"))
    return unit
  }

  /// `02:53:49` (locally administered, then the letters S and I), then the number.
  static func radioAddress(_ number: UInt64) -> String {
    let digits = Array("0123456789ABCDEF")
    let low = (0..<3).reversed().map { byte -> String in
      let value = Int(number >> (8 * UInt64(byte)) & 0xFF)
      return String([digits[value >> 4], digits[value & 15]])
    }
    return "02:53:49:" + low.joined(separator: ":")
  }

  private mutating func drawFrontEnd(_ source: SeededRandom) {
    var random = source
    for index in channels.indices {
      channels[index].gain = 1 + random.bounded(sigma: 0.000_12, limit: 0.000_3)
      channels[index].offset = random.bounded(sigma: 0.000_7, limit: 0.001_5)
      channels[index].noise = random.uniform(0.000_10, 0.000_20)
      channels[index].lineResistance = random.uniform(0.060, 0.080)
    }
    shunt.gain = 1 + random.bounded(sigma: 0.001, limit: 0.002_9)
    shunt.offset = random.bounded(sigma: 0.03, limit: 0.1)
    for index in thermistors.indices {
      thermistors[index].offset = random.bounded(sigma: 0.12, limit: 0.3)
    }
    totalVoltageGain = 1 + random.bounded(sigma: 0.000_3, limit: 0.000_8)
  }

  private mutating func drawPower(_ source: SeededRandom) {
    var random = source
    path.resistance = random.uniform(0.000_40, 0.000_50)
    path.bodyDiode = random.uniform(0.60, 0.70)
    path.offLeakage = random.uniform(0.000_005, 0.000_05)
    supply.active = random.uniform(0.016, 0.020)
    supply.dormant = random.uniform(0.000_3, 0.000_5)
    supply.startTime = random.uniform(1.35, 1.65)
    supply.dormancyDelay = random.uniform(290, 310)
    shortCircuit.response = random.uniform(0.000_026, 0.000_034)
  }

  private mutating func drawBehaviour(_ source: SeededRandom) {
    var random = source
    for index in protections.indices { protections[index].delayFactor = random.uniform(0.98, 1.02) }
    sampling.phase = random.uniform(0, sampling.period)
    balancer.currentFactor = 1 + random.bounded(sigma: 0.005, limit: 0.014_5)
    balancer.phaseTime = random.uniform(3.2, 3.8)
    balancer.efficiency = random.uniform(0.90, 0.94)
    communication.advertisementInterval = random.uniform(0.15, 0.35)
    communication.replyLatency = random.uniform(0.035, 0.065)
    communication.acknowledgeLatency = random.uniform(0.020, 0.029)
    communication.streamPeriod = random.uniform(0.505, 0.515)
  }
}

extension SeededRandom {
  /// Normal around zero, cut at ±limit: parts outside were sorted out by their maker.
  mutating func bounded(sigma: Double, limit: Double) -> Double {
    min(limit, max(-limit, sigma * normal()))
  }
}
