import Emulation
import LinuxPorts
import Ports
import Simulation

/// The unit's radio within reach of an emulated Bluetooth adapter. Needs root, the module hci_vhci and bluetoothd,
/// which may start afterwards.
public final class RadioService: ServedLink {
  public let name: String
  public let address: String
  public let words = "Bluetooth low energy through an emulated adapter"
  private let controller: VirtualController

  /// - Throws: `.notFound` without virtual controllers, `.permission`, `.busy`.
  public init(
    name: String, peripherals: [any PeripheralModel], plant: LivePlant, world: LinuxWorld
  ) async throws(PortError) {
    self.name = name
    let port = try await VirtualControllerPort.open(world: world, deadline: world.now + .seconds(5))
    address = "ble://\(port.adapter)"
    controller = VirtualController(
      controller: LowEnergyController(peripherals: peripherals, surroundings: plant), port: port, world: world
    )
  }

  public func serve() async throws { try await controller.run() }
}

extension LivePlant: EmulatedSurroundings {
  /// To the world's present, which is never before `instant`.
  public func advance(to instant: WorldInstant) { catchUp() }
  public func boardChanged() { circuit.boardChanged() }
}
