import Foundation
import Glibc
import Testing

/// Somebody at a terminal is asked before a protection is changed.
@Suite(.timeLimit(.minutes(2))) struct DeviceConfirmationTests {
  /// What a command says on its terminal and standard output while a person types `answer` to its question.
  private func change(_ arguments: [String], answer: String) throws -> (
    code: Int32, screen: String, said: String
  ) {
    let master = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    defer { Glibc.close(master) }
    var locked: Int32 = 0
    var number: Int32 = -1
    _ = ioctl(master, 0x4004_5431, &locked)  // TIOCSPTLCK
    _ = ioctl(master, 0x8004_5430, &number)  // TIOCGPTN
    let slave = Glibc.open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(slave >= 0)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments =
      ["device"] + arguments + ["--rig", CommandLineTests.root.appending(path: "Rigs/simulated.yaml").path]
    process.standardInput = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var screen = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !screen.contains("Type yes to go on: ") {
      var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 30_000) > 0 else { break }
      let count = read(master, &buffer, buffer.count)
      guard count > 0 else { break }
      screen += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    _ = answer.withCString { write(master, $0, strlen($0)) }
    let said = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, screen, String(decoding: said, as: UTF8.self))
  }

  private static let set = ["settings", "set", "cell-overvoltage-protection", "3.7 V"]

  @Test func `a yes changes it, after the present value was shown`() throws {
    let (code, screen, said) = try change(Self.set, answer: "yes\n")
    #expect(screen.contains("3.65 V → 3.7 V"), "\(screen)")
    #expect(code == 0)
    #expect(said.contains("cell-overvoltage-protection: 3.65 V → 3.7 V, read back"), "\(said)")
  }

  @Test(arguments: ["no\n", "y\n", "\n", "yes please\n", "\u{4}"])
  func `anything else leaves it as it was`(_ answer: String) throws {
    let (code, _, said) = try change(Self.set, answer: answer)
    #expect(code != 0)
    #expect(!said.contains("read back"), "\(said)")
  }
}
