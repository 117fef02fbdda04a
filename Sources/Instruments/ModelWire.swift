/// How the answer to `*IDN?` must begin for the driver to believe that this is its model.
public struct ModelPlate: Hashable, Sendable {
  /// Must occur in the first field, ignoring case.
  public let maker: String
  /// One must begin the second field, ignoring case.
  public let models: [String]
  /// False where the third field is no serial number; the rig file's is an asset number then.
  public let reportsSerial: Bool

  public init(maker: String, models: [String], reportsSerial: Bool = true) {
    self.maker = maker
    self.models = models
    self.reportsSerial = reportsSerial
  }
}

/// One way into a model that a text dialect can use.
public enum ModelConnection: Hashable, Sendable {
  /// Raw TCP socket on this port by default, for so many clients at once.
  case socket(port: Int, clients: Int)
  /// HiSLIP on its usual port, for so many sessions at once.
  case hislip(sessions: Int)
  /// USBTMC under these numbers, as `lsusb` shows them.
  case usb(vendor: UInt16, product: UInt16)
  /// Serial line or CDC-ACM at this rate by default, in bits per second.
  case serial(baud: Int)
}
