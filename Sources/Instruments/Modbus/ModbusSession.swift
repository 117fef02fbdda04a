import Capabilities
import Modbus
import Ports

/// One owner's conversation with one instrument that speaks Modbus: the client, the unit number, and errors in the
/// words of instruments.
final class ModbusSession {
  let instrument: String
  let client: ModbusClient
  let unit: UInt8
  var world: any World { client.world }

  init(_ context: DriverContext, unit: UInt8, timing: ModbusClient.Timing) throws(InstrumentError) {
    guard case .stream(let port) = context.port else {
      throw InstrumentError(
        .link, instrument: context.name, message: "the driver speaks Modbus on a byte stream",
        advice: "use a tcp or serial address")
    }
    instrument = context.name
    self.unit = unit
    let framing: ModbusFraming
    do throws(OptionError) { framing = try ModbusOptions.framing(context.options, at: port.address) } catch {
      throw InstrumentError(.refused, instrument: context.name, message: error.description)
    }
    var timing = timing
    if let baud = port.address.option("baud").flatMap({ Int($0) }) {
      timing.gap = Interval(seconds: RTUFrame.gap(baud: baud))
    }
    client = ModbusClient(port: port, world: context.world, framing: framing, timing: timing)
  }

  /// Runs one exchange and turns its error into the instrument's.
  func ask<T>(
    _ body: (ModbusClient, UInt8) async throws(ModbusError) -> T
  ) async throws(InstrumentError) -> T {
    do throws(ModbusError) { return try await body(client, unit) } catch { throw translated(error) }
  }

  func translated(_ error: ModbusError) -> InstrumentError {
    let code: InstrumentError.Code =
      switch error.code {
      case .noAnswer, .closed, .stopped: .link
      case .malformed: .malformedReply
      case .refused: .refused
      case .notSent: .refused
      case .desynchronised: .desynchronised
      }
    let plain = ModbusError(
      error.code, attempted: error.attempted, port: error.port, cause: error.cause, bytesSeen: error.bytesSeen
    )
    return InstrumentError(code, instrument: instrument, message: plain.description, advice: error.advice)
  }

  func close() { client.close() }
}

/// Options of every driver that speaks Modbus.
enum ModbusOptions {
  static let framing = DriverOption(
    name: "framing",
    meaning: "frames on the wire: 'rtu', 'tcp', or 'auto': rtu on a serial line, tcp otherwise",
    kind: .choice(["auto", "rtu", "tcp"]), defaultText: "auto")

  static func framing(_ options: [String: String], at address: PortAddress) throws(OptionError)
    -> ModbusFraming
  {
    switch try framing.choice(in: options) {
    case "rtu": .rtu
    case "tcp": .tcp
    default: address.scheme == .serial ? .rtu : .tcp
    }
  }
}
