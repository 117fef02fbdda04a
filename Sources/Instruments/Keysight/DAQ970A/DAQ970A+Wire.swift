import Capabilities

extension DAQ970A: WireVoltmeter {
  /// Whoever reads this way looks for volts, not millivolts, and waits for half a second at most.
  private static let wireCyclesMax = 0.2

  /// `CONF` sets the scan list and leaves values without channel numbers; a scan of somebody else is given up first.
  func scanWire(channels: [Int]) -> ScanWire {
    let cycles = settings.powerLineCycles < Self.wireCyclesMax ? settings.powerLineCyclesText : "0.2"
    let list = DAQ970AChannels.list(channels.sorted())
    let commands = [
      "ABOR", "CONF:VOLT:DC AUTO,\(list)", "SENS:VOLT:DC:NPLC \(cycles),\(list)",
      "FORM:READ:CHAN OFF",
    ]
    return ScanWire(
      prepare: commands.map(session.wire), question: session.wire("READ?"), stride: 1,
      gap: session.dialect.gap)
  }
}
