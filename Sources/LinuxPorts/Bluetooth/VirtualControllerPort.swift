import Glibc
import Ports

/// A Bluetooth controller that this process plays for the kernel (`/dev/vhci`): one message is one HCI packet with its
/// H4 type byte. Closing it pulls the adapter out.
///
/// - Source: Linux 6.1, `drivers/bluetooth/hci_vhci.c`.
public final class VirtualControllerPort: MessagePort {
  public let address: PortAddress
  /// What the kernel calls it, e.g. `hci0`.
  public let adapter: String
  private let stream: DescriptorStream

  private init(address: PortAddress, adapter: String, stream: DescriptorStream) {
    self.address = address
    self.adapter = adapter
    self.stream = stream
  }

  /// - Throws: `.notFound` when the kernel has no virtual controllers, `.permission`, `.busy`.
  public static func open(world: LinuxWorld, deadline: WorldInstant) async throws(PortError)
    -> VirtualControllerPort
  {
    let path = "/dev/vhci"
    let attempted = "make a virtual Bluetooth controller"
    let address = try PortAddress(parsing: "ble://\(path)")
    let descriptor = Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = SystemError.last
      let code: PortError.Code =
        error.number == EACCES || error.number == EPERM
        ? .permission : error.number == EBUSY ? .busy : .notFound
      throw PortError(
        code, attempted: attempted, port: path, cause: error.words,
        advice: "Load the module (`modprobe hci_vhci`) and check who may open \(path)")
    }
    let stream = try DescriptorStream(descriptor, kind: .controller, address: address, world: world)
    // Vendor packet: make a primary controller. The answer carries its number.
    try await stream.send([0xFF, 0x00], deadline: deadline)
    let answer = try await stream.receive(deadline: deadline)
    guard answer.count == 4, answer[0] == 0xFF else {
      throw PortError(
        .malformed, attempted: attempted, port: path, cause: "the kernel answers otherwise than known",
        bytesSeen: answer)
    }
    let number = Int(answer[2]) | Int(answer[3]) << 8
    return VirtualControllerPort(address: address, adapter: "hci\(number)", stream: stream)
  }

  public func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try await stream.send(message, deadline: deadline)
  }

  public func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    try await stream.receive(deadline: deadline)
  }

  public func clear(deadline: WorldInstant) async throws(PortError) {}

  public func close() { stream.close() }
}
