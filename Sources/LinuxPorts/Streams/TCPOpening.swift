import Glibc
import Ports

/// Opens `tcp://HOST:PORT`, and each connection of a HiSLIP session: looks the host up, then tries its addresses one
/// after the other.
///
/// Nagle's delay is off, because instruments are asked short questions. Keep-alive notices an instrument that
/// lost its power while nobody was talking: after 5 s of silence three probes, 2 s apart (project default).
struct TCPOpening {
  let address: PortAddress
  let port: Int
  let world: LinuxWorld

  private static let keepAlive = (idle: Int32(5), between: Int32(2), probes: Int32(3))
  private var attempted: String { "connect" }

  /// - Throws: `.refused`, `.notFound` (name or route), `.deadline`, `.permission`, `.busy`, `.badAddress`,
  ///   `.stopped`.
  func open(deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    if let option = address.options.first {
      throw error(.badAddress, "a tcp address has no option '\(option.key)'", "Remove everything after '?'")
    }
    if let reason = world.stopInForce { throw error(.stopped, reason, "") }
    let candidates = try await lookUp(deadline)
    var last: PortError?
    for (index, candidate) in candidates.enumerated() {
      // A silent address may not eat the time of those after it.
      let share = (deadline - world.now).seconds / Double(candidates.count - index)
      let until = index == candidates.count - 1 ? deadline : world.now + Interval(seconds: max(0, share))
      do {
        return try await connect(to: candidate, until)
      } catch {
        if error.code == .stopped { throw error }
        last = error
      }
    }
    throw last ?? error(.notFound, "the name stands for no address", "Check the host name")
  }

  private func lookUp(_ deadline: WorldInstant) async throws(PortError) -> [SocketAddress] {
    let answer = await HostLookup.addresses(
      of: address.target, port: port, world: world, deadline: deadline)
    switch answer {
    case .success(let found): return found
    case .failure(.unknown(let why)):
      throw error(
        .notFound, "the name '\(address.target)' was not found: \(why)",
        "Check its spelling and /etc/hosts, or write the instrument's number, e.g. 192.168.10.21")
    case .failure(.ended(let end)):
      throw world.failure(
        end, attempted: attempted, port: address,
        cause: "the name '\(address.target)' was not looked up before the deadline",
        advice: "Check the name server, or write the instrument's number, e.g. 192.168.10.21")
    }
  }

  private func connect(to target: SocketAddress, _ deadline: WorldInstant) async throws(PortError)
    -> any StreamPort
  {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(target.family, type, 0)
    guard descriptor >= 0 else { throw refusal(.last) }
    Self.setOptions(descriptor)
    let result = target.withSockaddr { Glibc.connect(descriptor, $0, $1) }
    let immediate = SystemError.last
    // Watched only now: a socket that is not yet connecting reports a hang-up.
    let stream = try DescriptorStream(descriptor, kind: .tcp, address: address, world: world)
    if result != 0 {
      guard immediate.number == EINPROGRESS || immediate.number == EINTR else { throw refusal(immediate) }
      let (end, failure) = await stream.connected(deadline: deadline)
      guard end == .ready else {
        throw world.failure(
          end, attempted: attempted, port: address, cause: "no answer before the deadline",
          advice: "Check the instrument's power, LAN cable and address, and firewalls between")
      }
      guard failure.number == 0 else { throw refusal(failure) }
    }
    // Within this computer TCP may connect a port to itself when nobody listens there.
    if isConnectedToItself(descriptor) { throw refusal(SystemError(number: ECONNREFUSED)) }
    return stream
  }

  static func setOptions(_ descriptor: Int32) {
    func set(_ level: Int32, _ name: Int32, _ value: Int32) {
      var value = value
      setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    let tcp = Int32(IPPROTO_TCP)
    set(tcp, TCP_NODELAY, 1)
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(tcp, TCP_KEEPIDLE, keepAlive.idle)
    set(tcp, TCP_KEEPINTVL, keepAlive.between)
    set(tcp, TCP_KEEPCNT, keepAlive.probes)
  }

  private func isConnectedToItself(_ descriptor: Int32) -> Bool {
    func name(_ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32)
      -> [UInt8]
    {
      var storage = sockaddr_storage()
      var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
      return withUnsafeMutableBytes(of: &storage) { raw in
        let status = ask(descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        return status == 0 ? Array(raw.prefix(Int(size))) : []
      }
    }
    let own = name { getsockname($0, $1, $2) }
    return !own.isEmpty && own == name { getpeername($0, $1, $2) }
  }

  private func refusal(_ error: SystemError) -> PortError {
    let host = address.target
    switch error.number {
    case ECONNREFUSED, ECONNRESET:
      return self.error(
        .refused, "\(host) is there but refuses port \(port)",
        "Check the port number, that remote control over LAN is switched on, and that no other program "
          + "holds the connection"
      )
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL:
      return self.error(
        .notFound, "there is no route to \(host) (\(error.words))",
        "Check the LAN cable, the instrument's power, and that both are in the same network (`ip route get \(host)`)"
      )
    case ETIMEDOUT:
      return self.error(
        .deadline, "\(host) does not answer", "Check the instrument's power, LAN cable and address")
    case EACCES, EPERM:
      return self.error(.permission, error.words, "Check this computer's firewall")
    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
      return self.error(.busy, error.words, "Check `ulimit -n` and what else is running")
    default:
      return self.error(.notFound, error.words, "Check the address")
    }
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: attempted, port: address.description, cause: cause, advice: advice)
  }
}
