import Ports

/// Every number with which this computer's Bluetooth is driven, in one place.
enum BlueZPolicy {
  /// A scan asks for units that advertise one of these (BLE protocol notes section 2.5).
  static let advertisedServices = ["FFE0", "FEE7"]
  /// An advertisement that nobody fetched for this long says nothing about now.
  static let advertisementAge = Interval.milliseconds(250)
  /// Advertisements kept while nobody fetches them.
  static let advertisementsMax = 256
  /// Notifications kept while nobody fetches them: over an hour of the unit's stream in pieces of 20 bytes. A program
  /// that leaves more behind has lost track, and the link ends with an error that says so.
  static let notificationsMax = 131_072
  /// A link may break while it is being set up (interference, two packets missed at once: the controller reports 0x3E).
  /// That often it is tried in all within the deadline; the error says how often it was.
  static let connectAttempts = 3
  /// Pause before the next attempt, and after an old link has ended: kernel and bluetoothd are tidying up then.
  static let connectPause = Interval.milliseconds(200)
  /// bluetoothd keeps a link for 2 s after it was asked to end it (BlueZ 5.66, `device.c`).
  static let disconnectTime = Interval.seconds(4)
  /// A connection in use is taken for somebody else's after this long; whoever has just ended it is not yet through.
  static let lettingGo = Interval.seconds(1)
  /// How long setting up may take once the adapter is known to be back.
  static let returnPause = Interval.milliseconds(100)
}
