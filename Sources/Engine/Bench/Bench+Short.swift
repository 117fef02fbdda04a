import Capabilities
import Model
import Ports
import Quantities

extension Bench {
  public func pulseRecorder() throws(RigFault) -> (instrument: any PulseRecorder, channel: Int) {
    let (recorder, member) = try instrument(.pulseRecorder, as: (any PulseRecorder).self)
    return (recorder, member.channel)
  }

  /// Programs the supply of the short-circuit bank; 0 V switches its output off.
  public func chargeShortBank(volts: Double, current: Double) async throws {
    try checkFence(volts, Voltage(0), rig.envelope.shortBankVoltageMax, what: "short-circuit bank")
    if volts > 0 { try await permitEnergising() }
    let (supply, member) = try instrument(.shortBank, as: (any Supply).self)
    try await supply.program(channel: member.channel, voltage: Voltage(volts), currentLimit: Current(current))
    if volts > 0 { shortBankVolts = volts }
    try await supply.setOutput(volts > 0, channel: member.channel)
    shortBankVolts = volts
  }

  /// The bank must have reached its voltage before anything is fired.
  public func confirmShortBank(volts: Double) async throws {
    let (supply, member) = try instrument(.shortBank, as: (any Supply).self)
    let reading = try number(try await supply.measureVoltage(channel: member.channel), role: .shortBank)
    guard (reading - volts).magnitude <= max(0.1, volts * 0.02) else {
      throw RigFault(
        instrument: supply.name,
        message: "the bank reads \(Voltage(reading)), it should be at \(Voltage(volts))")
    }
  }
}
