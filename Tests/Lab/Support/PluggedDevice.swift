import Emulation
import Foundation
import LinuxPorts
import Ports
import Synchronization
import Testing

/// A device of our own in the guest's virtual USB host controller, served on a thread of its own: the kernel waits for
/// it in the middle of system calls of the other side.
final class PluggedDevice: Sendable {
  private let handle: Mutex<StopHandle?> = Mutex(nil)
  private let error: Mutex<String?> = Mutex(nil)
  private let ended = DispatchSemaphore(value: 0)
  private let isPulled = Mutex(false)

  /// Returns when the plug is in; the kernel needs a moment more to find out what it is.
  init(isHighSpeed: Bool = true, _ make: @escaping @Sendable () throws -> any USBFunction) throws {
    try Lab.load("vhci-hcd")
    let begun = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      do {
        try LinuxWorld.run(takesSignals: false) { world in
          let port = try world.plugInEmulatedUSB(isHighSpeed: isHighSpeed)
          let cable = EmulatedUSBCable(EmulatedUSBDevice(try make()), port: port, world: world)
          self.handle.withLock { $0 = world.stopHandle }
          begun.signal()
          try await cable.serve()
        }
      } catch {
        self.error.withLock { $0 = "\(error)" }
      }
      begun.signal()
      ended.signal()
    }
    begun.wait()
    if handle.withLock({ $0 == nil }) {
      throw Lab.Failure(command: ["plug in"], code: 1, output: error.withLock { $0 ?? "" })
    }
  }

  deinit { pull() }

  /// Pulls the cable; returns when it is out.
  func pull() {
    let isFirst = isPulled.withLock { was in
      defer { was = true }
      return !was
    }
    guard isFirst else { return }
    handle.withLock { $0 }?.request("pulled")
    ended.wait()
  }
}

/// Opens an instrument as soon as the kernel has found it.
func openWhenThere(_ address: String, _ world: LinuxWorld) async throws -> any MessagePort {
  let address = try PortAddress(parsing: address)
  let patience = world.now + .seconds(20)
  while true {
    do { return try await world.openMessages(address, deadline: world.now + .seconds(10)) } catch {
      guard error.code == .notFound, world.now < patience else { throw error }
      try await world.sleep(for: .milliseconds(20))
    }
  }
}
