import Modbus
import Ports
import Simulation

/// The unit's 485 port: answers reads in the candidate profile it was given, and nothing else.
///
/// The manual names the port and nothing more (section 2, "communication ports: CAN/485"); profile, delays and the
/// silence to writes are the candidate's. Not modelled: bit rates, echoes, other units on the line.
public final class UnitSerialPort: InstrumentTwin {
  private let unit: SimulatedUnit
  private let profile: RS485Unit.Profile
  private let unitNumber: UInt8
  private var parser = FrameParser(accepting: [.hostToDevice])
  private var intake = ModbusIntake(framing: .rtu)
  /// Of its own: a frame told here is none that Bluetooth misses.
  private var counter = 0

  public init(unit: SimulatedUnit, profile: RS485Unit.Profile, unitNumber: UInt8) {
    self.unit = unit
    self.profile = profile
    self.unitNumber = unitNumber
  }

  /// Bits on the line: ten to a character.
  private static let characterTime = Interval.seconds(10 / Double(JKModbus.baud))

  public func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    let latency = Interval.seconds(unit.parameters.communication.replyLatency)
    let frames: [[UInt8]] =
      switch profile {
      case .native: nativeAnswers(bytes, at: now)
      case .jkModbus: modbusAnswers(bytes, at: now)
      }
    guard unit.isActive, unit.sampled, !unit.parameters.communication.serialSilent else { return [] }
    return frames.map { TwinReply(bytes: $0, delay: latency + Self.characterTime * Double($0.count)) }
  }

  private func nativeAnswers(_ bytes: [UInt8], at now: WorldInstant) -> [[UInt8]] {
    parser.feed(bytes, at: now).compactMap { item in
      guard case .frame(let frame) = item, let request = Request(decoding: frame.bytes),
        request.checksumRule != nil, request.function == 1
      else { return nil }
      switch Command(rawValue: request.command) {
      case .settings: return UnitFrames.settings(unit.settings)
      case .cellInfo:
        counter = (counter + 1) & 0xFF
        var live = unit.told(unit.live(at: now), at: now)
        live.sample.total *= unit.parameters.communication.serialVoltageGain
        return UnitFrames.cellInfo(
          live, settings: unit.settings, counter: counter, defects: unit.parameters.telemetry)
      default: return nil
      }
    }
  }

  private func modbusAnswers(_ bytes: [UInt8], at now: WorldInstant) -> [[UInt8]] {
    intake.take(bytes, at: now).compactMap { asked in
      guard asked.unit == unitNumber else { return nil }
      guard let request = asked.request else { return asked.wrapped(asked.refusal) }
      guard case .readHoldingRegisters(let address, let count) = request else {
        return asked.wrapped(.refused(.illegalFunction))
      }
      guard let words = picture(at: now).registers(address, count: count) else {
        return asked.wrapped(.refused(.illegalAddress))
      }
      return asked.wrapped(.registers(words))
    }
  }

  private func picture(at now: WorldInstant) -> JKModbus.Picture {
    let live = unit.told(unit.live(at: now), at: now)
    var picture = JKModbus.Picture()
    picture.packVoltage = live.sample.total * unit.parameters.communication.serialVoltageGain
    picture.packCurrent = live.sample.current
    picture.temperatures = [
      (live.temperatures[0] + live.temperatures[1]) / 2, (live.temperatures[2] + live.temperatures[3]) / 2,
    ]
    picture.stateOfCharge = live.remaining / unit.settings[.nominalCapacity]
    picture.cells = Array(live.sample.cells.prefix(unit.settings.cellCount))
    return picture
  }
}
