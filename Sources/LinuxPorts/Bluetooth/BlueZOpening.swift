import Ports

/// Opens `ble://hci0`, or `ble://00:1A:7D:DA:71:13` for the adapter with that Bluetooth address, which stays the same
/// when several are plugged in another order.
struct BlueZOpening {
  let address: PortAddress
  let world: LinuxWorld

  /// Sends nothing over the air.
  /// - Throws: `.notFound` (no bus, no bluetoothd, no adapter), `.permission`, `.refused` (adapter off),
  ///   `.deadline`, `.badAddress`, `.stopped`.
  func open(deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    let attempted = "open the radio"
    if let option = address.options.first {
      throw PortError(
        .badAddress, attempted: attempted, port: address.description,
        cause: "a ble address has no option '\(option.key)'", advice: "Remove everything after '?'")
    }
    let radio = BlueZRadio(address: address, world: world)
    do throws(PortError) {
      try await radio.prepare(attempted, deadline: deadline)
    } catch {
      radio.close()
      throw error
    }
    return radio
  }
}
