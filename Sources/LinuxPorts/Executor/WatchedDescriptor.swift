import Glibc
import Ports

/// A non-blocking descriptor that belongs to one port of a world and takes part in its event loop until it is closed.
final class WatchedDescriptor {
  let number: Int32
  /// What waits are for; never used again, unlike `number`.
  let id: UInt64
  private(set) var isOpen = true
  private let world: LinuxWorld

  /// Takes over `number`, also when it throws.
  /// - Throws: the error number, for descriptors that cannot be polled (regular files) or when memory is short.
  init(_ number: Int32, in world: LinuxWorld) throws(SystemError) {
    do { id = try world.executor.poller.add(number) } catch {
      Glibc.close(number)
      throw error
    }
    self.number = number
    self.world = world
  }

  /// Takes over `number`, also when it throws.
  /// - Parameter what: What it is to the reader of the error, e.g. `serial line`.
  /// - Throws: `.unsupported`
  convenience init(
    _ number: Int32, watching what: String, of address: PortAddress, in world: LinuxWorld
  ) throws(PortError) {
    do { try self.init(number, in: world) } catch {
      throw PortError(
        .unsupported, attempted: "watch the \(what)", port: address.description, cause: error.words)
    }
  }

  deinit { close() }

  /// Ends every wait for it. Does nothing the second time.
  /// - Parameter letGo: Undoes what opening took, while the descriptor is still good.
  func close(_ letGo: (Int32) -> Void = { _ in }) {
    guard isOpen else { return }
    isOpen = false
    world.executor.poller.remove(number)
    letGo(number)
    Glibc.close(number)
    world.executor.waits.endClosed(id)
  }
}
