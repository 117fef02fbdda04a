import Foundation
import Glibc
import Testing

/// What a person reads when instruments of a rig cannot be used: the program on real ports, as an ordinary user.
@Suite(.timeLimit(.minutes(1))) struct ProbeCommandTests {
  /// The simulated rig on real ports, in a process of its own.
  private final class Served {
    let server: Program
    let desk: Desk
    var rig: String { desk.path("served.yaml") }

    init() throws {
      desk = try Desk()
      server = try Program.start([
        "rig", "serve", desk.path("rig.yaml"), "--rig-file", desk.path("served.yaml"), "--format", "json",
      ])
      try server.waitForOutput("\n}\n")
    }

    deinit {
      server.interrupt()
      _ = server.finish()
    }

    /// As the rig file has it, without scheme and options.
    func place(_ instrument: String) throws -> String {
      let text = try String(contentsOfFile: rig, encoding: .utf8)
      let pattern = try Regex("(?m)^  \(instrument):\\n(?:    .*\\n)*?    address: \"[a-z]+://([^?\"]*)")
        .anchorsMatchLineEndings()
      return String(try #require(text.firstMatch(of: pattern)?.output[1].substring))
    }
  }

  /// The program's arguments so that it has no right that an ordinary user has not.
  private static func probe(_ rig: String) throws -> Program.End {
    guard getuid() == 0 else { return try Program.run(["rig", "probe", rig]) }
    return try Program.run(
      ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program.path, "rig", "probe", rig],
      of: "/usr/bin/setpriv")
  }

  @Test
  func `a missing, a wrong, a busy and a forbidden instrument are told all at once, each with what to do`()
    throws
  {
    let served = try Served()
    // Everybody may open the lines of three resistance decades, nobody that of the first.
    for name in ["ntc2", "ntc3", "ntc4"] { chmod(try served.place(name), 0o666) }
    chmod(try served.place("ntc1"), getuid() == 0 ? 0o600 : 0)
    let taken = open(try served.place("ntc3"), O_RDWR | O_NOCTTY | O_CLOEXEC)
    defer { close(taken) }
    try #require(ioctl(taken, UInt(TIOCEXCL), 0) == 0)
    let (forbidden, busy) = (try served.place("ntc1"), try served.place("ntc3"))
    let (missing, wrong) = (try served.place("source"), try served.place("reference"))
    // Port 1 is nobody's.
    try served.desk.edit("served.yaml") {
      $0.replacing("tcp://\(missing)", with: "tcp://127.0.0.1:1").replacing("MY58000023", with: "MY58009999")
    }

    let end = try Self.probe(served.rig)
    #expect(end.code == 3, "\(end.errors)")
    let said = end.output.split(separator: "\n").map(String.init)
    let expected = [
      "source             missing           tcp://127.0.0.1:1: 127.0.0.1 is there but refuses port 1. Next: Check the "
        + "port number, that remote control over LAN is switched on, and that no other program holds the connection",
      "reference          wrong instrument  tcp://\(wrong): found serial number MY58000023, the rig file says "
        + "MY58009999. Next: if the instrument was exchanged on purpose, update serial and calibration in the rig file",
      "ntc1               no permission     serial://\(forbidden)?baud=9600: \(forbidden): Permission denied. Next: "
        + "Add yourself to the group that owns the line, mostly dialout (`sudo usermod -aG dialout $USER`, then log in "
        + "again), or add a udev rule for the adapter",
      "ntc3               busy              serial://\(busy)?baud=9600: another program has \(busy). Next: Find it "
        + "with `fuser -v \(busy)`; ModemManager is a frequent one",
    ]
    for line in expected {
      let name = line.prefix { $0 != " " }
      #expect(said.first { $0.hasPrefix("\(name) ") } == line)
    }
    for name in ["emulator", "auxiliary", "ntc2", "ntc4", "bank", "scope"] {
      #expect(end.output.contains(try Regex("(?m)^\(name) +ok ")), "\(end.output)")
    }
    print(expected.joined(separator: "\n"))
  }

  @Test func `a process with few descriptors says what it lacks`() throws {
    let served = try Served()
    let end = try Program.run(
      ["--nofile=8", Program.path, "rig", "probe", served.rig], of: "/usr/bin/prlimit")
    #expect(end.code == 2 || end.code == 3, "\(end)")
    #expect(end.errors.contains("ulimit -n"), "\(end)")
  }

  /// Where the runtime opens them with its first worker, at the end of a run without descriptors, it ends the program.
  @Test func `what the runtime needs is open before a rig is`() throws {
    let served = try Served()
    // The first is the rig's own.
    let descriptors = served.server.descriptors
    #expect(descriptors.count { $0.contains("eventpoll") } == 2, "\(descriptors)")
  }

  /// The runtime would have another program look at it, with a copy of every connection, and go on after that.
  @Test func `a crash ends a program with links at once`() throws {
    let served = try Served()
    served.server.abort()
    let end = served.server.finish()
    #expect(end.code == SIGABRT && end.errors.isEmpty, "\(end)")
  }
}
