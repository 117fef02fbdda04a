import Capabilities
import Quantities
import Simulation

extension M642 {
  static let plate = ModelPlate(maker: "MEATEST", models: ["M642", "M-642"])

  static var entry: DriverEntry {
    DriverEntry(
      id: "meatest-m642", title: "Meatest M642 programmable resistance decade", capabilities: [.thermistors],
      portKinds: [.stream], channelNumbers: "1; one resistance per instrument", options: M642Settings.options,
      twinOptions: TwinOptions.common + M642Twin.options,
      ranges: { given throws(OptionError) in
        DriverRanges(channels: [1...1], resistance: try M642Settings(given).range)
      },
      make: { context throws(InstrumentError) in try M642(context) },
      makeTwin: { context throws(OptionError) in
        var rules = SCPITwinRules()
        rules.replyTerminator = "\r\n"
        rules.noError = "0,No Error"
        return try SCPITwin(M642Twin(context), rules: rules, context: context)
      },
      transcripts: transcripts, plate: { _ in plate },
      connections: [.serial(baud: 9600)])
  }
}
