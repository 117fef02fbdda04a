import Foundation

/// The kernel's own driver for USB instruments, as a program at the other end of the cable that we did not write.
enum KernelInstrument {
  /// Sends a message through the device node, once the kernel has made it, and reads the answer.
  static func ask(_ node: String, _ text: String) throws -> String {
    let descriptor = try open(node)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw POSIXError(.init(rawValue: errno)!)
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw POSIXError(.init(rawValue: errno)!) }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private static func open(_ node: String) throws -> Int32 {
    let patience = Date() + 20
    while true {
      let descriptor = Foundation.open(node, O_RDWR | O_CLOEXEC)
      if descriptor >= 0 { return descriptor }
      guard Date() < patience else { throw POSIXError(.init(rawValue: errno)!) }
      usleep(20_000)
    }
  }
}
