import CLinuxPorts
import Glibc
import Ports

/// A TCP port of this computer on which others connect to what is served here.
public final class TCPListener {
  /// As others reach it.
  public let host: String
  public let port: Int
  private let world: LinuxWorld
  private let descriptor: WatchedDescriptor
  /// Connections that wait in the kernel until `accept`.
  private static let backlog: Int32 = 8

  /// - Parameters:
  ///   - host: A number or name of this computer, e.g. `127.0.0.1`; `0.0.0.0` for all its networks.
  ///   - port: 0 takes any that is free.
  /// - Throws: `.busy` when another program has the port, `.permission` below 1024, `.notFound` for a host that is not
  ///   this computer.
  public static func open(host: String, port: Int, in world: LinuxWorld) async throws(PortError)
    -> TCPListener
  {
    let place = "\(host):\(port)"
    let answer = await HostLookup.addresses(
      of: host, port: port, world: world, deadline: world.now + .seconds(5))
    guard case .success(let found) = answer, let first = found.first else {
      throw PortError(
        .notFound, attempted: "listen", port: place, cause: "'\(host)' is no address of this computer",
        advice: "Write e.g. 127.0.0.1, or 0.0.0.0 for all networks")
    }
    return try TCPListener(first, host: host, port: port, world: world)
  }

  private init(_ address: SocketAddress, host: String, port: Int, world: LinuxWorld) throws(PortError) {
    func refusal(_ error: SystemError) -> PortError {
      let code: PortError.Code =
        switch error.number {
        case EADDRINUSE: .busy
        case EACCES, EPERM: .permission
        default: .notFound
        }
      return PortError(
        code, attempted: "listen", port: "\(host):\(port)", cause: error.words,
        advice: code == .busy
          ? "Find who has it with `ss -ltnp`, or choose another port" : "Choose another port")
    }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else { throw refusal(.last) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0
    else {
      let error = SystemError.last
      Glibc.close(descriptor)
      throw refusal(error)
    }
    do { self.descriptor = try WatchedDescriptor(descriptor, in: world) } catch { throw refusal(error) }
    self.host = host
    self.port = Self.boundPort(descriptor) ?? port
    self.world = world
  }

  /// Waits for the next client for as long as it takes.
  /// - Throws: `.stopped`; `.closed` after `close`; `.busy` when this computer has run out of descriptors.
  public func accept() async throws(PortError) -> any StreamPort {
    let place = "tcp://\(host):\(port)"
    while descriptor.isOpen {
      let client = clp_accept(descriptor.number)
      if client >= 0 {
        TCPOpening.setOptions(client)
        let address = try PortAddress(parsing: place)
        return try DescriptorStream(client, kind: .tcp, address: address, world: world)
      }
      let error = SystemError(number: -client)
      switch error.number {
      case EAGAIN:
        let end = await world.wait(for: .readable(descriptor.id), until: .distantFuture)
        guard end == .ready else {
          throw PortError(
            .stopped, attempted: "wait for clients", port: place, cause: world.stopRequested ?? "told to stop"
          )
        }
      // A client that gave up before it was accepted is nobody's fault.
      case EINTR, ECONNABORTED, EPROTO: continue
      default: throw PortError(.busy, attempted: "accept a client", port: place, cause: error.words)
      }
    }
    throw PortError(.closed, attempted: "wait for clients", port: place, cause: "this end has closed it")
  }

  public func close() { descriptor.close() }

  private static func boundPort(_ descriptor: Int32) -> Int? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { raw in
      let name = raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      guard getsockname(descriptor, name, &size) == 0 else { return nil }
      // The port stands at the same place in both families' addresses.
      return Int(UInt16(bigEndian: raw.load(fromByteOffset: 2, as: UInt16.self)))
    }
  }
}
