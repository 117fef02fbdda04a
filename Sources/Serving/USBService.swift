import Emulation
import LinuxPorts
import Ports
import Simulation

/// A twin behind USBTMC: an emulated device that is plugged into the kernel's virtual host controller. Needs root and
/// the module vhci-hcd.
public final class USBService: ServedLink {
  public let name: String
  public let address: String
  public let words = "USBTMC through the kernel's virtual host controller"
  private let cable: EmulatedUSBCable

  /// - Parameters:
  ///   - vendor: USB numbers as `lsusb` shows them.
  ///   - serial: In the descriptor and the address.
  /// - Throws: `.unsupported` without virtual host controller, `.permission`, `.busy`.
  public init(
    name: String, twin: any InstrumentTwin, plant: LivePlant, vendor: UInt16, product: UInt16, title: String,
    serial: String, world: LinuxWorld
  ) throws(PortError) {
    self.name = name
    func hex(_ number: UInt16) -> String {
      let digits = String(number, radix: 16, uppercase: true)
      return String(repeating: "0", count: 4 - digits.count) + digits
    }
    address = "usb://\(hex(vendor)):\(hex(product))/\(serial)"
    let instrument = USBTMCInstrument(
      plant.live(twin), vendor: vendor, product: product, maker: "bmsrig", name: title, serial: serial)
    let port = try world.plugInEmulatedUSB()
    cable = EmulatedUSBCable(EmulatedUSBDevice(instrument), port: port, world: world)
  }

  /// Also ends, without an error, when somebody detaches the device.
  public func serve() async throws { try await cable.serve() }
}
