import Foundation
import Glibc
import Testing

/// The built program asks at a terminal: a pseudo-terminal stands for it, as the kernel gives it to a person's shell.
@Suite(.timeLimit(.minutes(2))) struct TerminalPromptTests {
  /// Both ends of a pseudo-terminal; the program gets the slave as standard input.
  private final class Person {
    let master: Int32
    let process = Process()
    private let output = Pipe()
    let folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-prompt-\(UUID().uuidString)")
    private(set) var screen = ""

    init(procedure: String, rig: String, answers: String? = nil) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try procedure.write(to: folder.appending(path: "procedure.yaml"), atomically: true, encoding: .utf8)
      master = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      var locked: Int32 = 0
      var number: Int32 = -1
      _ = ioctl(master, 0x4004_5431, &locked)  // TIOCSPTLCK
      _ = ioctl(master, 0x8004_5430, &number)  // TIOCGPTN
      let slave = Glibc.open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
      try #require(slave >= 0)
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = [
        "run", folder.appending(path: "procedure.yaml").path, "--rig", rig, "--unit", "U9", "--store",
        folder.appending(path: "store").path,
      ]
      if let answers {
        try answers.write(to: folder.appending(path: "answers.yaml"), atomically: true, encoding: .utf8)
        process.arguments! += ["--answers", folder.appending(path: "answers.yaml").path]
      }
      process.standardInput = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      Glibc.close(master)
      try? FileManager.default.removeItem(at: folder)
    }

    /// Reads the screen until the text stands there, at most half a minute.
    func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while !screen.contains(text) {
        var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 30_000) > 0 else {
          Issue.record("'\(text)' never came; on the screen: \(screen)", sourceLocation: sourceLocation)
          return
        }
        let count = read(master, &buffer, buffer.count)
        guard count > 0 else { return }
        screen += String(decoding: buffer.prefix(count), as: UTF8.self)
      }
    }

    func type(_ text: String) { _ = text.withCString { write(master, $0, strlen($0)) } }

    func answer(_ question: String, _ text: String) {
      wait(for: "[\(question)]")
      wait(for: "> ")
      screen = ""
      type(text + "\n")
    }

    func finish() -> (code: Int32, output: String) {
      let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
  }

  private static func procedure(
    _ measure: String = "{screws: kit-screws, width: width, whole: appearance-undamaged}"
  )
    -> String
  {
    """
    procedure: prompts
    title: Prompts
    revision: "1"
    workflow: INC
    specification: \(Scenario.root)/Procedures/Specification/ek-b24s8e300a.yaml
    unit: {chemistry: LFP, cells: 24}
    decision:
      critical: {guard: 1.0}
      other: {guard: 0.83}
    expected-duration: 10 s
    phases:
      - phase: look
        title: Look
        steps:
          - step: operator-check
            id: look
            title: Look
            items:
              - {id: screws, ask: Count the screws, kind: count}
              - {id: width, ask: Width of the board, kind: quantity, dimension: length, with: caliper}
              - {id: whole, ask: Nothing is broken}
            measure: \(measure)

    """
  }

  private func rig(_ name: String) throws -> String {
    guard name == "simulated" else { return "\(Scenario.root)/Rigs/\(name).yaml" }
    let text = try String(contentsOfFile: "\(Scenario.root)/Rigs/simulated.yaml", encoding: .utf8)
    let path = FileManager.default.temporaryDirectory.appending(path: "bmsrig-\(UUID().uuidString).yaml").path
    try text.replacing("operator: sim://operator", with: "operator: terminal://").write(
      toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test(arguments: ["desk", "simulated"])
  func `a person types answers; what cannot be read is asked again`(name: String) throws {
    let person = try Person(procedure: Self.procedure(), rig: try rig(name))
    person.answer("operator", "R. Stein")
    person.answer("screws", "four")
    person.wait(for: "'four' is not a whole number; expected a whole number, e.g. 4")
    person.wait(for: "> ")
    person.type("4\n")
    person.answer("width", "107.1")
    person.wait(for: "'107.1' has no unit, expected a length")
    person.wait(for: "> ")
    person.type("107.1 mm\n")
    person.answer("whole", "y")
    let end = person.finish()
    #expect(end.code == 0, "\(end.output)")
    #expect(end.output.contains("PASS"))
  }

  @Test(arguments: ["desk", "simulated"])
  func `whoever has no answer leaves it unmeasured`(name: String) throws {
    let person = try Person(procedure: Self.procedure(), rig: try rig(name))
    person.answer("operator", "R. Stein")
    person.answer("screws", "4")
    person.answer("width", "-")
    person.answer("whole", "yes")
    let end = person.finish()
    #expect(end.code == 5, "\(end.output)")
    #expect(end.output.contains("the operator had no answer to 'width'"), "\(end.output)")
  }

  @Test func `what an answers file lacks is asked at the terminal`() throws {
    let answers = "answers: a\nperson: W\ndate: \"2026-11-22\"\nall-units: {screws: 4, whole: yes}\n"
    let person = try Person(procedure: Self.procedure(), rig: try rig("desk"), answers: answers)
    person.answer("operator", "R. Stein")
    person.answer("width", "107 mm")
    let end = person.finish()
    #expect(end.code == 0, "\(end.output)")
  }

  @Test(arguments: ["desk", "simulated"])
  func `a wrong count fails`(name: String) throws {
    let person = try Person(procedure: Self.procedure(), rig: try rig(name))
    person.answer("operator", "R. Stein")
    person.answer("screws", "3")
    person.answer("width", "107 mm")
    person.answer("whole", "yes")
    let end = person.finish()
    #expect(end.code == 1 && end.output.contains("SPEC-ACC-08"), "\(end.output)")
  }

  @Test(arguments: ["desk", "simulated"])
  func `a stop ends the wait for an answer in an orderly way`(name: String) throws {
    let person = try Person(procedure: Self.procedure(), rig: try rig(name))
    person.answer("operator", "R. Stein")
    person.wait(for: "[screws]")
    person.process.interrupt()
    let end = person.finish()
    #expect(end.code == 4, "\(end.output)")
    #expect(end.output.contains("Ctrl-C"))
  }
}
