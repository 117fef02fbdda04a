import Ports

/// What stands behind `can://NAME?`: `ids=351,356` hears these identifiers only (3 hex digits standard, 8 extended),
/// `bitrate=500000` insists on a rate, `acknowledge=yes` allows a controller that acknowledges what it hears.
struct CANSettings {
  private(set) var wanted: [(identifier: UInt32, isExtended: Bool)] = []
  private(set) var bitRate: UInt32?
  private(set) var acknowledges = false
  /// Filters that the kernel is given at most.
  static let wantedMax = 64

  /// - Throws: `.badAddress`
  init(_ address: PortAddress) throws(PortError) {
    func bad(_ cause: String) -> PortError {
      PortError(
        .badAddress, attempted: "listen to a CAN bus", port: address.description, cause: cause,
        advice: "write e.g. can://can0, can://can0?ids=351,356&bitrate=500000 or can://can0?acknowledge=yes")
    }
    guard !address.target.isEmpty, address.target.utf8.count <= 15 else {
      throw bad("'\(address.target)' is no name of an interface")
    }
    for (key, value) in address.options {
      switch key {
      case "ids":
        for one in value.split(separator: ",") {
          let isExtended = one.utf8.count == 8
          guard one.utf8.count == 3 || isExtended, let identifier = UInt32(one, radix: 16),
            identifier <= (isExtended ? 0x1FFF_FFFF : 0x7FF)
          else { throw bad("'\(one)' is no identifier of 3 or 8 hex digits") }
          wanted.append((identifier, isExtended))
        }
        guard !wanted.isEmpty, wanted.count <= Self.wantedMax else {
          throw bad("1 to \(Self.wantedMax) identifiers can be listed")
        }
      case "bitrate":
        guard let rate = UInt32(value), rate > 0 else { throw bad("'\(value)' is no bit rate") }
        bitRate = rate
      case "acknowledge":
        guard value == "yes" || value == "no" else { throw bad("acknowledge is yes or no, not '\(value)'") }
        acknowledges = value == "yes"
      default: throw bad("a CAN address has no option '\(key)'")
      }
    }
  }
}
