import Ports

/// Connects a device machine with the kernel's virtual host controller, or whoever else speaks USB/IP at the other end
/// of a byte stream.
public final class EmulatedUSBCable {
  public let device: EmulatedUSBDevice
  private let port: any StreamPort
  private let world: any World

  public init(_ device: EmulatedUSBDevice, port: any StreamPort, world: any World) {
    self.device = device
    self.port = port
    self.world = world
  }

  /// How long the kernel may take to accept an answer.
  static let sendLimit = Interval.seconds(5)

  /// Serves until the cable is pulled, by `pull` or from within the device, or the host lets go.
  /// - Throws: `.stopped` when the world was told to stop; `.malformed` when the other end does not speak USB/IP.
  public func serve() async throws(PortError) {
    defer { pull() }
    var parser = USBIPParser()
    while true {
      try await send(device.advance(to: world.now))
      guard !device.isPulled else { return }
      let bytes: [UInt8]
      do { bytes = try await port.receive(deadline: device.nextEvent ?? .distantFuture) } catch {
        switch error.code {
        case .deadline: continue
        case .closed: return
        default: throw error
        }
      }
      parser.append(bytes)
      var replies: [USBIPReply] = []
      do {
        while let command = try parser.next() { replies += device.handle(command, at: world.now) }
      } catch {
        throw PortError(
          .malformed, attempted: "serve an emulated USB device", port: port.address.description,
          cause: error.cause)
      }
      try await send(replies)
    }
  }

  /// Unplugs the device at once.
  public func pull() { port.close() }

  private func send(_ replies: [USBIPReply]) async throws(PortError) {
    guard !replies.isEmpty else { return }
    do {
      try await port.send(replies.flatMap(\.packed), deadline: world.now + Self.sendLimit)
    } catch {
      // The host let go while it was being answered; the next receive says so.
      guard error.code == .closed else { throw error }
    }
  }
}
