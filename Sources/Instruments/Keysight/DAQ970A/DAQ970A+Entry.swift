import Capabilities
import Quantities
import Simulation

extension DAQ970A {
  static let plate = ModelPlate(maker: "Keysight", models: ["DAQ970A"])

  static var entry: DriverEntry {
    DriverEntry(
      id: "keysight-daq970a", title: "Keysight DAQ970A with 20-channel multiplexers",
      capabilities: [.voltmeter, .ohmmeter],
      portKinds: [.stream, .messages],
      channelNumbers:
        "slot × 100 + channel: 101 to 120, 201 to 220, 301 to 320; four-wire: 01 to 10 of a slot",
      options: DAQ970ASettings.options,
      twinOptions: DAQ970ADeviation.options,
      ranges: { given throws(OptionError) in
        let settings = try DAQ970ASettings(given)
        // The widest range in use; each slot may be narrower.
        let widest = settings.ranges.map { $0.fullScale ?? 300 }.max()!
        return DriverRanges(
          channels: DAQ970AChannels.slots.map { ($0 * 100 + 1)...($0 * 100 + 20) },
          voltage: .volts(-widest) ... .volts(widest), voltageResolution: .volts(1e-6),
          commonModeMax: .volts(300))
      },
      make: { context throws(InstrumentError) in try DAQ970A(context) },
      makeTwin: { context throws(OptionError) in
        var rules = SCPITwinRules()
        rules.noError = "+0,\"No error\""
        return try SCPITwin(
          DAQ970ATwin(context), rules: rules,
          context: context.with(options: DAQ970ADeviation.commonOptions(context.options)))
      },
      transcripts: transcripts, plate: { _ in plate },
      connections: [
        // Port numbers: instrument protocol notes, section 5. Clients: project default, the notes say 1 to 6.
        .socket(port: 5025, clients: 2), .hislip(sessions: 2),
        // The maker's number; the product's is not in the notes and waits for a real one to be seen.
        .usb(vendor: 0x2A8D, product: 0x5101),
      ])
  }
}
