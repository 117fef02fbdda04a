import Capabilities

extension DAQ970A: WireVoltmeter {
  /// `CONF` sets the scan list and leaves values without channel numbers; a scan of somebody else is given up first.
  func scanWire(channels: [Int]) -> ScanWire {
    let list = DAQ970AChannels.list(channels.sorted())
    let commands = [
      "ABOR", "CONF:VOLT:DC AUTO,\(list)", "SENS:VOLT:DC:NPLC \(settings.powerLineCyclesText),\(list)",
      "FORM:READ:CHAN OFF",
    ]
    return ScanWire(
      prepare: commands.map(session.wire), question: session.wire("READ?"), stride: 1,
      gap: session.dialect.gap)
  }
}
