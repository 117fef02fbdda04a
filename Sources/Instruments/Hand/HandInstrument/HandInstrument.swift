import Capabilities
import Ports
import Quantities

/// An instrument that a person reads: caliper, ruler, scale, ohmmeter, insulation tester, data logger. It stands in the
/// rig file for its serial number, calibration and uncertainty; what it shows arrives as an answer of the person.
public final class HandInstrument: Instrument {
  public let name: String
  private let serial: String

  /// - Throws: `.link` when the rig gave it a port.
  public init(_ context: DriverContext) throws(InstrumentError) {
    guard case .hand = context.port else {
      throw InstrumentError(
        .link, instrument: context.name, message: "a person reads this instrument, it has no port",
        advice: "use an address such as hand://\(context.name)")
    }
    name = context.name
    serial = context.serial
  }

  /// Nobody answers: the serial number is the rig file's.
  public func open() async throws(InstrumentError) -> Identity {
    Identity(maker: "", model: "hand instrument", serial: serial, firmware: "")
  }

  public func makeSafe() async -> SafetyReport {
    SafetyReport(confirmed: true, message: "has no output that the rig could switch")
  }

  public func close() async {}
}

extension HandInstrument {
  static var entry: DriverEntry {
    DriverEntry(
      id: "manual", title: "Instrument that a person reads (caliper, scale, ohmmeter, logger)",
      capabilities: [.hand], portKinds: [.hand], channelNumbers: "1 (what it shows)",
      ranges: { _ throws(OptionError) in DriverRanges(channels: [1...1]) },
      make: { context throws(InstrumentError) in try HandInstrument(context) }, makeTwin: nil, transcripts: []
    )
  }
}
