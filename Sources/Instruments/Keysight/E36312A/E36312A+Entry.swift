import Capabilities
import Quantities
import Simulation

extension E36312A {
  static let plate = ModelPlate(maker: "Keysight", models: ["E36312A"])

  static var entry: DriverEntry {
    DriverEntry(
      id: "keysight-e36312a", title: "Keysight E36312A triple supply", capabilities: [.supply],
      portKinds: [.stream, .messages], channelNumbers: "outputs 1 to 3; in the series pairing 1 and 2",
      options: E36312ASettings.options, twinOptions: TwinOptions.common + E36312ATwin.options,
      ranges: { given throws(OptionError) in
        let settings = try E36312ASettings(given)
        return DriverRanges(
          channels: [settings.channels.first!...settings.channels.last!],
          voltage: .zero ... .volts(settings.voltageMax(2)), voltageResolution: .millivolts(1.5),
          currentMax: .amperes(settings.currentMax(1)), currentResolution: .milliamperes(0.2))
      },
      make: { context throws(InstrumentError) in try E36312A(context) },
      makeTwin: { context throws(OptionError) in
        var rules = SCPITwinRules()
        rules.noError = "+0,\"No error\""
        return try SCPITwin(E36312ATwin(context), rules: rules, context: context)
      },
      transcripts: transcripts, plate: { _ in plate },
      connections: [
        // Port numbers: instrument protocol notes, section 5. Clients: project default, the notes say 1 to 6.
        .socket(port: 5025, clients: 2), .hislip(sessions: 2),
        // The maker's number; the product's is not in the notes and waits for a real one to be seen.
        .usb(vendor: 0x2A8D, product: 0x1102),
      ])
  }
}
