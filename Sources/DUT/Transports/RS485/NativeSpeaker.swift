import Capabilities
import Ports

/// The unit's Bluetooth frames on a wire: 20-byte requests, answers of 100, 150 or 300 bytes.
///
/// Only settings (once, for the layout of what follows) and live values are asked for; the device info is not, since
/// it holds the password.
final class NativeSpeaker: SerialSpeaker {
  private let port: any StreamPort
  private let world: any World
  private var parser = FrameParser()
  private var version: ProtocolVersion?

  init(port: any StreamPort, world: any World) {
    self.port = port
    self.world = world
  }

  func close() { port.close() }

  func ask(deadline: WorldInstant) async throws(SerialFailure) -> UnitBroadcast {
    if version == nil {
      version = try await exchange(.settings, deadline: deadline) { Settings(decoding: $0.bytes)?.version }
    }
    let layout = version!
    return try await exchange(.cellInfo, deadline: deadline) { frame in
      guard let info = CellInfo(decoding: frame.bytes, version: layout) else { return nil }
      var told = UnitBroadcast(
        at: frame.completedAt, packVoltage: info.totalVolts,
        steps: .init(
          voltage: Self.voltageStep, current: Self.currentStep, charge: 1e-4, temperature: 1e-5, cell: 1e-6))
      told.packCurrent = info.second?.packAmperes
      told.temperatures = [info.temperature1Celsius, info.temperature2Celsius]
      told.stateOfCharge = info.second.map { $0.stateOfChargePercent / 100 }
      told.cellVoltages = Array(info.cellVolts.prefix(info.cellCount))
      told.alarms = info.faults.limited(toCellCount: info.cellCount).names
      return told
    }
  }

  /// Single precision numbers near 100 V and 300 A.
  private static let voltageStep = 1e-5
  private static let currentStep = 3e-5

  private func exchange<Answer>(
    _ command: Command, deadline: WorldInstant, _ read: (ParsedFrame) -> Answer?
  ) async throws(SerialFailure) -> Answer {
    do throws(PortError) {
      parser.reset()
      try await port.send(Request.read(command).bytes, deadline: deadline)
      while true {
        let bytes = try await port.receive(deadline: deadline)
        for case .frame(let frame) in parser.feed(bytes, at: world.now) where frame.checksumOK {
          if let answer = read(frame) { return answer }
        }
      }
    } catch { throw SerialFailure(error) }
  }
}

extension FaultMasks {
  /// Those that are on.
  var names: [String] {
    let all = [
      (cellDetectionFailed, "cell detection"), (cellOvervoltage, "cell overvoltage"),
      (cellUndervoltage, "cell undervoltage"), (cellPolarityError, "polarity"),
      (lineResistanceExcessive, "line resistance"), (temperatureWarning, "temperature"),
      (chargingFault, "charging"), (dischargingFault, "discharging"), (memoryFault, "memory"),
    ]
    return all.filter { $0.0 != 0 }.map(\.1)
  }
}
