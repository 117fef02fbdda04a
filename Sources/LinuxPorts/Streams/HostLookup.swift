import Glibc
import Ports

/// One address a host name stands for, ready for `connect`.
struct SocketAddress: Hashable, Sendable {
  let family: Int32
  /// A `sockaddr_in` or `sockaddr_in6`, byte for byte.
  let bytes: [UInt8]

  func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    bytes.withUnsafeBytes { raw in
      // Aligned: an array's storage is aligned to 16 bytes.
      body(raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }
}

/// Turns a host into addresses.
///
/// A number (`192.168.10.21`, `[fe80::1%eth0]`) is read at once. A name asks the C library (`/etc/hosts`, DNS),
/// which blocks for as long as the resolver's own settings say; that call gets a thread of its own and the
/// caller waits no longer than its deadline.
enum HostLookup {
  enum Failure: Error, Hashable {
    case unknown(String)
    case ended(WaitEnd)
  }

  static func addresses(
    of host: String, port: Int, world: LinuxWorld, deadline: WorldInstant
  ) async -> Result<[SocketAddress], Failure> {
    let numeric = ask(host, port, flags: AI_NUMERICHOST)
    if case .success = numeric { return numeric }
    let answer = await world.executor.onOwnThread(
      until: world.monotonic(deadline), cancellable: !world.holdStops
    ) { ask(host, port, flags: 0) }
    switch answer {
    case .success(let found): return found
    case .failure(.noThread): return .failure(.unknown("no thread could be started to ask"))
    case .failure(.ended(let end)): return .failure(.ended(end))
    }
  }

  private static func ask(_ host: String, _ port: Int, flags: Int32) -> Result<[SocketAddress], Failure> {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(bare(host), String(port), &hints, &first)
    guard status == 0 else {
      return .failure(
        .unknown(status == EAI_SYSTEM ? SystemError.last.words : String(cString: gai_strerror(status))))
    }
    defer { freeaddrinfo(first) }
    var found: [SocketAddress] = []
    var next = first
    while let entry = next?.pointee {
      let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
      found.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
      next = entry.ai_next
    }
    return .success(found)
  }

  /// Without the brackets that keep an IPv6 number apart from its port.
  private static func bare(_ host: String) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
  }
}
