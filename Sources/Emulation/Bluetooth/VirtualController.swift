import Ports

/// Lets a kernel have an emulated controller: carries packets between the two. All that thinks is in
/// `LowEnergyController`.
public struct VirtualController {
  /// What others changed (a fault, the unit's supply) is noticed after this long.
  static let attention = Interval.milliseconds(10)
  /// For the kernel to take a packet.
  static let sending = Interval.seconds(5)

  private let controller: LowEnergyController
  private let port: any MessagePort
  private let world: any World

  /// - Parameter port: The kernel's end; one message is one HCI packet.
  public init(controller: LowEnergyController, port: any MessagePort, world: any World) {
    self.controller = controller
    self.port = port
    self.world = world
  }

  /// Carries on until the task is cancelled, the world is stopped or the port is closed.
  /// - Throws: `PortError` `.closed` or `.stopped`.
  public func run() async throws(PortError) {
    while true {
      controller.advance(to: world.now)
      for packet in controller.takePackets(upTo: world.now) {
        try await port.send(packet, deadline: world.now + Self.sending)
      }
      let until = min(controller.nextEvent ?? .distantFuture, world.now + Self.attention)
      do throws(PortError) {
        let packet = try await port.receive(deadline: until)
        controller.receive(packet, at: world.now)
      } catch {
        guard error.code == .deadline else { throw error }
      }
    }
  }
}
