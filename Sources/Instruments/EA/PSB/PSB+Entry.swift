import Capabilities
import Quantities

extension PSB {
  static var entry: DriverEntry {
    DriverEntry(
      id: "ea-psb", title: "EA Elektro-Automatik PSB 9000 / 10000 supply (Modbus)", capabilities: [.supply],
      portKinds: [.stream], channelNumbers: "1; one output", options: PSBSettings.options,
      twinOptions: TwinOptions.common,
      ranges: { given throws(OptionError) in
        let settings = try PSBSettings(given)
        return DriverRanges(
          channels: [1...1], voltage: .volts(0) ... .volts(settings.nominalVolts),
          voltageResolution: .volts(settings.nominalVolts / PSBSettings.fullScale),
          currentMax: .amperes(settings.nominalAmperes),
          currentResolution: .amperes(settings.nominalAmperes / PSBSettings.fullScale))
      },
      make: { context throws(InstrumentError) in try PSB(context) },
      makeTwin: { context throws(OptionError) in
        let settings = try PSBSettings(context.options)
        return try ModbusTwin(PSBTwin(context), unit: settings.unitNumber, context: context)
      },
      transcripts: transcripts, wire: .bytes)
  }
}
