import Foundation
import Glibc
import Testing

@testable import Reports

@Suite struct `Progress for a reader` {
  private struct Ends {
    var read: Int32 = -1
    var write: Int32 = -1
    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe2(&ends, O_CLOEXEC) == 0)
      (read, write) = (ends[0], ends[1])
    }
  }

  private static func everything(from descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      guard count > 0 else { return all }
      all += piece[..<count]
    }
  }

  /// Reads on a thread of its own.
  private final class Reader: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var bytes: [UInt8] = []
    init(_ descriptor: Int32) {
      Thread { [self] in
        bytes = `Progress for a reader`.everything(from: descriptor)
        done.signal()
      }.start()
    }
    func everything() -> [UInt8] {
      done.wait()
      return bytes
    }
  }

  /// A pipe holds 64 kB: whoever waited for the reader would still stand at the second megabyte.
  @Test(arguments: [0, 0.001]) func `who does not read does not stop the writer and loses nothing`(
    patience: Double
  ) throws {
    let ends = try Ends()
    let writer = PatientWriter(descriptor: ends.write)
    let line = String(repeating: "x", count: 9999) + "\n"
    for _ in 0..<200 { writer.write(line, patience: patience) }
    let reader = Reader(ends.read)
    writer.finish()
    close(ends.write)
    #expect(reader.everything() == Array(String(repeating: line, count: 200).utf8))
    close(ends.read)
  }

  @Test func `with patience everything is there when the call returns`() throws {
    let ends = try Ends()
    let writer = PatientWriter(descriptor: ends.write)
    writer.write("step 1\n", patience: 60)
    #expect(fcntl(ends.read, F_SETFL, O_NONBLOCK) == 0)
    #expect(Self.everything(from: ends.read) == Array("step 1\n".utf8))
    writer.finish()
    close(ends.write)
    close(ends.read)
  }

  @Test func `a reader that is gone stops nobody, at the end neither`() throws {
    signal(SIGPIPE, SIG_IGN)
    let ends = try Ends()
    close(ends.read)
    let writer = PatientWriter(descriptor: ends.write)
    for _ in 0..<100 { writer.write(String(repeating: "x", count: 10_000), patience: 60) }
    writer.finish()
    close(ends.write)
  }
}
