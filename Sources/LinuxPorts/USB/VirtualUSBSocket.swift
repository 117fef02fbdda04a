import Glibc
import Ports

/// A socket of the kernel's virtual USB host controller (vhci_hcd), into which a program plugs a device of its own.
enum VirtualUSBSocket {
  static let folder = "/sys/devices/platform/vhci_hcd.0"

  /// Bits per second of the device.
  enum Speed: Int { case full = 2, high = 3 }

  /// Number of the first free port for devices up to high speed, from the controller's `status` file.
  static func freePort(status: String) -> Int? {
    for line in status.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      // State 4: nothing is plugged in.
      guard fields.count >= 3, fields[0] == "hs", Int(fields[2]) == 4 else { continue }
      return Int(fields[1])
    }
    return nil
  }
}

extension LinuxWorld {
  /// Plugs an emulated USB device into this computer's virtual host controller. Needs root and the module vhci-hcd.
  ///
  /// - Parameter isHighSpeed: 480 Mbit/s, else 12.
  /// - Returns: The stream on which the kernel asks the device (USB/IP). Closing it is pulling the cable.
  /// - Throws: `.unsupported` without the controller, `.permission`, `.busy` when all its ports are taken.
  public func plugInEmulatedUSB(isHighSpeed: Bool = true) throws(PortError) -> any StreamPort {
    let folder = VirtualUSBSocket.folder
    func failed(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
      PortError(
        code, attempted: "plug in an emulated USB device", port: folder, cause: cause, advice: advice)
    }
    guard let status = Self.text(of: "\(folder)/status") else {
      throw failed(
        .unsupported, "this computer has no virtual USB host controller",
        "Load it as root: `modprobe vhci-hcd`; kernels of containers and clouds often lack it")
    }
    guard let port = VirtualUSBSocket.freePort(status: status) else {
      throw failed(.busy, "all of its ports are taken", "Pull other emulated devices, see \(folder)/status")
    }
    var pair: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
      throw failed(.busy, SystemError.last.words, "Check `ulimit -n`")
    }
    // The kernel holds its end by itself.
    defer { Glibc.close(pair[1]) }
    let speed: VirtualUSBSocket.Speed = isHighSpeed ? .high : .full
    if let error = Self.write("\(port) \(pair[1]) \(port + 1) \(speed.rawValue)", to: "\(folder)/attach") {
      Glibc.close(pair[0])
      throw failed(
        error.number == EACCES ? .permission : .busy, error.words, "Run as root; look at `dmesg`")
    }
    _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
    let address: PortAddress
    do { address = try PortAddress(parsing: "usb://0000:0000/vhci\(port)") } catch {
      Glibc.close(pair[0])
      throw error
    }
    return try DescriptorStream(pair[0], kind: .emulatedCable, address: address, world: self)
  }

  private static func text(of path: String) -> String? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private static func write(_ text: String, to path: String) -> SystemError? {
    let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .last }
    defer { Glibc.close(descriptor) }
    let bytes = Array(text.utf8)
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count ? nil : .last
  }
}
