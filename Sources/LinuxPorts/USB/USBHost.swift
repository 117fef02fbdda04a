import CLibUSB
import Glibc
import Ports

/// libusb in the executor's loop: its descriptors are watched, and what ended is told on the executor's thread.
///
/// Whatever makes the kernel wait for a device (cancelling, claiming, ending a halt) is done on threads of its own: a
/// device that is emulated by a program gives a cancelled transfer back only when that program gets to it.
final class USBHost {
  private let executor: LinuxExecutor
  private var context: USBContext?
  private var watched: (descriptor: Int32, id: UInt64)?

  init(executor: LinuxExecutor) { self.executor = executor }

  deinit { if let watched { executor.unwatch(watched.descriptor, watched.id) } }

  /// - Throws: `.notFound` on a computer without USB.
  func started(for address: PortAddress) throws(PortError) -> USBContext {
    if let context { return context }
    func failed(_ cause: String) -> PortError {
      PortError(
        .notFound, attempted: "look for USB instruments", port: address.description, cause: cause,
        advice:
          "Check that this computer has USB (`lsusb`) and that /dev/bus/usb and /sys/bus/usb are there; a "
          + "container needs both passed in")
    }
    var error: Int32 = 0
    guard let made = clu_context_create(&error) else {
      throw failed("this computer shows no USB (\(String(cString: clu_error_words(error))))")
    }
    let context = USBContext(made)
    let descriptor = clu_context_descriptor(made)
    do {
      // Weak: the world's last reference to USB must not be the loop's own.
      let id = try executor.watch(descriptor) { [weak context] in
        if let context { clu_context_handle_events(context.pointer) }
      }
      watched = (descriptor, id)
    } catch { throw failed(error.words) }
    self.context = context
    return context
  }
}

/// Owns libusb's context; handles keep it alive.
final class USBContext: @unchecked Sendable {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { self.pointer = pointer }
  deinit { clu_context_destroy(pointer) }
}

/// Owns an open device. When the last reference goes its interface is given back to the kernel's driver.
final class USBHandle: @unchecked Sendable {
  let pointer: OpaquePointer
  private let context: USBContext

  init(_ pointer: OpaquePointer, context: USBContext) {
    self.pointer = pointer
    self.context = context
  }

  deinit { clu_handle_give_back(pointer) }
}
