import DUT
import Model
import Ports

extension UnitBusLink {
  /// What is expected to be told there.
  /// - Throws: `.badAddress` for a profile that the check of the rig file would have refused.
  func picture() throws(PortError) -> any BusPicture {
    guard let profile else { return InverterPicture() }
    let reading = BusProfileReading(profile) { _, _ in SourcePlace(file: profile.path, line: 1, column: 1) }
    guard let picture = reading.picture else {
      throw PortError(
        .badAddress, attempted: "listen to the unit's CAN port", port: address,
        cause: reading.findings.map(\.message).joined(separator: "; "),
        advice: "check the rig file: `bmsrig check`")
    }
    return picture
  }
}
