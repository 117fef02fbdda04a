import Capabilities
import Ports

/// The inverter broadcast as the profile of a rig file that names no DBC file.
public struct InverterPicture: BusPicture {
  public let profile = "Pylontech-style inverter broadcast (candidate)"
  /// Every frame of the candidate once a second.
  public let period = 1.0
  public let identifiers = InverterBroadcast.identifiers.map { BusIdentifier($0) }
  private var picture = InverterBroadcast()
  private var chargeToldAt: WorldInstant?
  private var alarmsToldAt: WorldInstant?
  /// What is older was not told lately.
  private static let staleAfter = Interval.seconds(3)

  public init() {}

  public func tells(_ quantity: UnitBusQuantity) -> Bool { quantity != .cellVoltages }

  public mutating func take(_ frame: CANFrame) -> BusFrameMeaning {
    guard picture.take(frame) else { return .foreign }
    switch frame.identifier {
    case InverterBroadcast.chargeID: chargeToldAt = frame.at
    case InverterBroadcast.alarmsID: alarmsToldAt = frame.at
    case InverterBroadcast.measurementsID: return .whole(broadcast(at: frame.at))
    default: break
    }
    return .part
  }

  private func broadcast(at instant: WorldInstant) -> UnitBroadcast {
    func isFresh(_ told: WorldInstant?) -> Bool { told.map { instant - $0 <= Self.staleAfter } ?? false }
    var told = UnitBroadcast(
      at: instant, packVoltage: picture.voltage,
      steps: .init(
        voltage: InverterBroadcast.voltageStep, current: InverterBroadcast.currentStep,
        temperature: InverterBroadcast.temperatureStep))
    told.packCurrent = picture.current
    told.temperatures = [picture.temperature]
    if isFresh(chargeToldAt) { told.stateOfCharge = Double(picture.stateOfCharge) / 100 }
    if isFresh(alarmsToldAt) { told.alarms = picture.alarms.names }
    return told
  }
}

extension InverterBroadcast.Alarms {
  /// Those that are on.
  var names: [String] {
    let all = [
      (overvoltage, "overvoltage"), (undervoltage, "undervoltage"), (overtemperature, "overtemperature"),
      (undertemperature, "undertemperature"), (dischargeOvercurrent, "discharge overcurrent"),
      (chargeOvercurrent, "charge overcurrent"), (systemError, "system error"),
    ]
    return all.filter(\.0).map(\.1)
  }
}
