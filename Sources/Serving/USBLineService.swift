import Emulation
import LinuxPorts
import Ports
import Simulation

/// A twin behind a serial line on USB (CDC-ACM) that is plugged into the kernel's virtual host controller. Needs root
/// and the modules vhci-hcd and cdc-acm; the name of the line is the one that `Rigs/udev` gives it.
public final class USBLineService: ServedLink {
  public let name: String
  public let address: String
  public let words = "serial line on USB through the kernel's virtual host controller"
  private let cable: EmulatedUSBCable
  /// A number for everybody's experiments (pid.codes).
  private static let vendor: UInt16 = 0x1209
  private static let product: UInt16 = 0x0001

  /// - Parameter baud: What the real line is set to; stands in the address for the sake of the rig file.
  /// - Throws: `.unsupported` without virtual host controller, `.permission`, `.busy`.
  public init(
    name: String, twin: any InstrumentTwin, plant: LivePlant, baud: Int, world: LinuxWorld
  ) throws(PortError) {
    self.name = name
    address = "serial:///dev/bmsrig/serial-\(name)-00?baud=\(baud)"
    let line = USBSerialLine(
      plant.live(twin), vendor: Self.vendor, product: Self.product, maker: "bmsrig", name: name, serial: name)
    let port = try world.plugInEmulatedUSB()
    cable = EmulatedUSBCable(EmulatedUSBDevice(line), port: port, world: world)
  }

  /// Also ends, without an error, when somebody detaches the device.
  public func serve() async throws { try await cable.serve() }
}
