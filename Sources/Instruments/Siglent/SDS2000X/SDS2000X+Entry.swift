import Capabilities
import Quantities
import Simulation

extension SDS2000X {
  static let plate = ModelPlate(maker: "Siglent", models: ["SDS2"])

  static var entry: DriverEntry {
    DriverEntry(
      id: "siglent-sds2000x", title: "Siglent SDS2000X Plus or HD oscilloscope", capabilities: [.recorder],
      portKinds: [.stream, .messages], channelNumbers: "1 to 4", options: SDS2000XSettings.options,
      twinOptions: TwinOptions.common + [SDS2000XTwin.model, SDS2000XTwin.probeScale],
      ranges: { given throws(OptionError) in
        let settings = try SDS2000XSettings(given)
        return DriverRanges(
          channels: [SDS2000X.channels], voltage: .volts(settings.lowest) ... .volts(settings.fullScale),
          voltageResolution: .volts(settings.voltsPerDivision / 30),
          sampleIntervalMin: .seconds(1 / SDS2000XTimebase.rateMax))
      },
      make: { context throws(InstrumentError) in try SDS2000X(context) },
      makeTwin: { context throws(OptionError) in
        var rules = SCPITwinRules()
        rules.errorQueueDepth = 0
        return try SCPITwin(SDS2000XTwin(context), rules: rules, context: context)
      },
      transcripts: transcripts, plate: { _ in plate },
      // Port number: instrument protocol notes, section 5. One client: project default.
      connections: [.socket(port: 5025, clients: 1), .usb(vendor: 0xF4EC, product: 0x1011)])
  }
}
