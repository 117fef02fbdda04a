import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// Programs that know nothing of us stand at the other end.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Stranger.isThere, "python3 is not installed"))
struct StrangerTests {
  @Test func `a Python instrument on TCP answers in pieces`() throws {
    let stranger = try Stranger(
      """
      import socket
      server = socket.create_server(("127.0.0.1", 0))
      print(server.getsockname()[1], flush=True)
      link, _ = server.accept()
      lines = link.makefile("rb")
      for line in lines:
          answer = b"echo " + line
          for start in range(0, len(answer), 3):
              link.sendall(answer[start:start + 3])
      """)
    let address = try PortAddress(parsing: "tcp://127.0.0.1:\(stranger.firstLine)")
    try LinuxWorld.run(takesSignals: false) { world in try await Self.talk(world, address) }
  }

  @Test func `a Python instrument on a serial line answers in pieces`() throws {
    let stranger = try Stranger(
      """
      import os, pty, tty
      instrument, line = pty.openpty()
      print(os.ttyname(line), flush=True)
      held = b""
      while True:
          held += os.read(instrument, 100)
          while b"\\n" in held:
              question, held = held.split(b"\\n", 1)
              answer = b"echo " + question + b"\\n"
              for start in range(0, len(answer), 3):
                  os.write(instrument, answer[start:start + 3])
      """)
    let address = try PortAddress(parsing: "serial://\(stranger.firstLine)?baud=115200")
    try LinuxWorld.run(takesSignals: false) { world in try await Self.talk(world, address) }
  }

  private static func talk(_ world: LinuxWorld, _ address: PortAddress) async throws {
    let port = try await world.openStream(address, deadline: world.now.patient)
    for number in 0..<50 {
      let question = "MEAS:VOLT? (@\(number))\r\n"
      try await port.send(Array(question.utf8), deadline: world.now.patient)
      let answer = "echo " + question
      #expect(try await port.receive(answer.utf8.count, deadline: world.now.patient) == Array(answer.utf8))
    }
    port.close()
  }
}

/// A Python script that runs until the test is over; its first line says where it is to be found.
final class Stranger {
  static let isThere = (try? Stranger("print(1)")) != nil
  let firstLine: String
  private let process = Process()
  private let life = Pipe()
  /// Ends the script with us, also when we crash. A signal would not do: test threads block signals, and a
  /// child inherits that.
  private static let ending = """
    import os, sys, threading
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()

    """

  init(_ script: String) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.ending + script]
    process.standardOutput = output
    process.standardInput = life
    process.standardError = FileHandle.nullDevice
    try process.run()
    var text: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
      text.append(byte)
    }
    firstLine = String(decoding: text, as: UTF8.self)
    struct Silent: Error {}
    if text.isEmpty { throw Silent() }
  }

  deinit {
    try? life.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
