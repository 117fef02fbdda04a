import Foundation
import Ports
import Testing

/// A TCP server on a thread of its own. Its script talks in plain blocking calls, so that the kernel and not our
/// own code stands at the other end.
final class Peer: Sendable {
  let port: Int
  private let listener: Int32

  /// - Parameter backlog: connections the kernel accepts while the script does not.
  convenience init(backlog: Int32 = 8, _ script: (@Sendable (PeerConnection) -> Void)? = nil) throws {
    let indexed: (@Sendable (Int, PeerConnection) -> Void)?
    if let script { indexed = { _, connection in script(connection) } } else { indexed = nil }
    try self.init(backlog: backlog, clients: 1, indexed)
  }

  /// - Parameter clients: connections that are taken, each with a thread and its index for the script.
  init(backlog: Int32 = 8, clients: Int, _ script: (@Sendable (Int, PeerConnection) -> Void)?) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    port = withUnsafeMutableBytes(of: &name) { raw in
      let pointer = raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      bind(listener, pointer, size)
      listen(listener, backlog)
      getsockname(listener, pointer, &size)
      return Int(raw.load(fromByteOffset: 2, as: UInt16.self).bigEndian)
    }
    self.listener = listener
    guard let script else { return }
    // The thread keeps the listener open until somebody came.
    Thread.detachNewThread {
      for index in 0..<clients {
        let accepted = accept(self.listener, nil, nil)
        guard accepted >= 0 else { return }
        Thread.detachNewThread {
          script(index, PeerConnection(descriptor: accepted))
          close(accepted)
        }
      }
    }
  }

  deinit { close(listener) }

  var address: PortAddress { get throws { try PortAddress(parsing: "tcp://127.0.0.1:\(port)") } }

  /// A port number of this computer where nobody listens.
  static func unusedPort() throws -> Int {
    let peer = try Peer()
    return peer.port
  }
}

struct PeerConnection: Sendable {
  let descriptor: Int32

  func send(_ text: String) { send(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) { Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Blocks until `count` bytes came or the connection ended.
  func read(_ count: Int) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while all.count < count {
      let got = Foundation.read(descriptor, &buffer, min(buffer.count, count - all.count))
      guard got > 0 else { break }
      all += buffer.prefix(got)
    }
    return all
  }
}

/// A pseudo terminal: the test holds the end where an instrument would be.
final class PseudoTerminal: Sendable {
  let instrument: Int32
  let path: String

  init() {
    instrument = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var locked: Int32 = 0
    var number: Int32 = -1
    _ = ioctl(instrument, 0x4004_5431, &locked)  // TIOCSPTLCK
    _ = ioctl(instrument, 0x8004_5430, &number)  // TIOCGPTN
    path = "/dev/pts/\(number)"
  }

  func address(_ options: String = "baud=115200") throws -> PortAddress {
    try PortAddress(parsing: "serial://\(path)?\(options)")
  }

  /// Reads what the line sent, blocking until `count` bytes are there.
  func read(_ count: Int) -> [UInt8] { PeerConnection(descriptor: instrument).read(count) }
  func write(_ bytes: [UInt8]) { _ = Foundation.write(instrument, bytes, bytes.count) }
}

/// The error of `body`, which must be a port error.
func portError(_ body: () async throws -> Void) async throws -> PortError {
  do { try await body() } catch let error as PortError { return error }
  Issue.record("no error was thrown")
  throw CancellationError()
}

extension StreamPort {
  /// Receives until `count` bytes came.
  func receive(_ count: Int, deadline: WorldInstant) async throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count { all += try await receive(deadline: deadline) }
    return all
  }
}

extension WorldInstant {
  /// Long enough for any loaded computer; a test that needs it has failed.
  var patient: WorldInstant { self + .seconds(30) }
}
