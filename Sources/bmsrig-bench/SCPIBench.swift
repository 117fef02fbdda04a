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
  /// From the root of the repository, where the bench runs.
  private static let program = "Tests/Strangers/Programs/pyvisa_rate.py"

  /// Prints one line for one instrument and one for 24 at once.
  static func run() throws {
    let peer = try AnsweringPeer()
    for instruments in [1, crowd] {
      let ours = try measure(peer, instruments: instruments)
      let title = instruments == 1 ? "1 instrument:" : "\(instruments) at once:  "
      guard let theirs = try pyvisa(peer, instruments: instruments) else {
        print("scpi     \(title) \(ours); `make bench` measures PyVISA-py beside it")
        continue
      }
      let rate = theirs.perSecond > 0 ? ours.perSecond / theirs.perSecond : 0
      let cpu = ours.cpuMicroseconds > 0 ? theirs.cpuMicroseconds / ours.cpuMicroseconds : 0
      print(
        "scpi     \(title) \(ours); PyVISA-py: \(theirs); ratio \(fixed(rate, 1)) in rate, \(fixed(cpu, 1)) in CPU"
      )
    }
  }

  struct Cost: CustomStringConvertible {
    /// Of all instruments together.
    var perSecond: Double
    /// Of the asking thread or process, for one question with its answer.
    var cpuMicroseconds: Double
    var description: String { "\(fixed(perSecond, 0)) queries/s, \(fixed(cpuMicroseconds, 1)) µs CPU each" }
  }

  /// Our sessions in one world on one thread.
  private static func measure(_ peer: AnsweringPeer, instruments: Int) throws -> Cost {
    try LinuxWorld.run(takesSignals: false) { world in
      var sessions: [SCPISession] = []
      for index in 0..<instruments {
        let address = try PortAddress(parsing: "tcp://127.0.0.1:\(peer.port)")
        let port = try await world.openStream(address, deadline: world.now + .seconds(5))
        sessions.append(SCPISession(instrument: "meter \(index)", link: .stream(port), world: world))
      }
      let each = questions / instruments
      let begin = (at: world.now, cpu: threadSeconds())
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
      for session in sessions { session.close() }
      return Cost(perSecond: asked / seconds, cpuMicroseconds: (threadSeconds() - begin.cpu) / asked * 1e6)
    }
  }

  private static func threadSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(1), &usage)  // RUSAGE_THREAD
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// The same questions by PyVISA with PyVISA-py, a thread per instrument.
  /// - Returns: nil where no Python with both was named in BMSRIG_PYTHON.
  private static func pyvisa(_ peer: AnsweringPeer, instruments: Int) throws -> Cost? {
    guard let python = ProcessInfo.processInfo.environment["BMSRIG_PYTHON"] else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [program, "\(peer.port)", "\(instruments)", "\(questions / 4 / instruments)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let fields = text.split(separator: " ").compactMap {
      Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    guard process.terminationStatus == 0, fields.count == 2 else { return nil }
    return Cost(perSecond: fields[0], cpuMicroseconds: fields[1])
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
