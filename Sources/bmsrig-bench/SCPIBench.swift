import Capabilities
import Foundation
import Glibc
import Instruments
import LinuxPorts
import Ports

/// What a question to an instrument costs over TCP on this computer, and what it costs a third party's VISA library
/// with the same peer in the same minute.
enum SCPIBench {
  static let questions = 20_000
  static let crowd = 24

  /// Prints one line for one instrument and one for 24 at once.
  static func run() throws {
    let peer = try AnsweringPeer()
    for instruments in [1, crowd] {
      let ours = try measure(peer, instruments: instruments)
      let arguments = [
        "\(peer.port)", "\(instruments)", "\(questions / 4 / instruments)", "\(Rounds.count + 1)",
      ]
      let theirs = try OtherProgram.rounds("pyvisa_rate.py", arguments, of: "PyVISA-py")
      Comparison(
        title: "scpi     TCP, " + (instruments == 1 ? "1 instrument" : "\(instruments) at once"),
        unit: "queries",
        ours: ours, theirs: theirs
      ).printLine()
    }
  }

  /// Our sessions in one world on one thread: queries of all together, CPU of that thread.
  private static func measure(_ peer: AnsweringPeer, instruments: Int) throws -> Rounds {
    try Rounds {
      try LinuxWorld.run(takesSignals: false) { world in
        var sessions: [SCPISession] = []
        for index in 0..<instruments {
          let address = try PortAddress(parsing: "tcp://127.0.0.1:\(peer.port)")
          let port = try await world.openStream(address, deadline: world.now + .seconds(5))
          sessions.append(SCPISession(instrument: "meter \(index)", link: .stream(port), world: world))
        }
        let each = questions / instruments
        let begin = (at: world.now, cpu: Rounds.threadSeconds())
        await withTaskGroup(of: Bool.self) { group in
          for session in sessions {
            let asking = Confined(session)
            group.addTask {
              for _ in 0..<each {
                guard let value = try? await asking.value.queryNumber("MEAS:VOLT?"), value == 3.3 else {
                  return false
                }
              }
              return true
            }
          }
          for await right in group { precondition(right, "a measurement of the bench failed") }
        }
        let asked = Double(each * instruments)
        let seconds = (world.now - begin.at).seconds
        let cpu = Rounds.threadSeconds() - begin.cpu
        for session in sessions { session.close() }
        return RoundCost(perSecond: asked / seconds, cpuMicroseconds: cpu / asked * 1e6)
      }
    }
  }
}

/// Answers every line at once, each connection on a thread of its own in plain blocking calls: the same for all.
final class AnsweringPeer: Sendable {
  let port: Int
  private static let answer = Array("+3.30000000E+00\n".utf8)

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    port = withUnsafeMutableBytes(of: &name) { raw in
      let pointer = raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      bind(listener, pointer, size)
      listen(listener, 64)
      getsockname(listener, pointer, &size)
      return Int(raw.load(fromByteOffset: 2, as: UInt16.self).bigEndian)
    }
    Thread.detachNewThread {
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Thread.detachNewThread { Self.answer(client) }
      }
    }
  }

  private static func answer(_ client: Int32) {
    var on: Int32 = 1
    setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(client, &buffer, buffer.count)
      guard count > 0 else { break }
      for byte in buffer.prefix(count) where byte == 0x0A {
        _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
      }
    }
    close(client)
  }
}
