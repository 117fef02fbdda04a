import Ports

/// A Bluetooth beacon: advertises all the time, accepts nobody. Stands for whatever a working radio always hears.
public final class SimulatedBeacon: PeripheralModel {
  /// Between two advertisements; usual for beacons. Off the raster of everything else.
  static let interval = Interval.microseconds(417_031)

  public let radioAddress: String
  public init(radioAddress: String) { self.radioAddress = radioAddress }

  public func nextAdvertisement(after instant: WorldInstant) -> Advertisement? {
    let number = (instant.nanoseconds + Self.interval.nanoseconds - 1) / Self.interval.nanoseconds
    return Advertisement(
      address: radioAddress, name: "beacon", services: [], signalLevelDBm: -50,
      at: WorldInstant(nanoseconds: number * Self.interval.nanoseconds))
  }

  public func connect(at now: WorldInstant) -> Bool { false }
  public func disconnect(at now: WorldInstant) {}
  public var isConnected: Bool { false }
  public func write(_ bytes: [UInt8], at now: WorldInstant) {}
  public var nextNotification: WorldInstant? { nil }
  public func takeNotifications(upTo now: WorldInstant) -> [Notification] { [] }
}
