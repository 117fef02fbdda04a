import Foundation
import Testing

/// PyVISA with PyVISA-py, a VISA library that knows nothing of us, drives what `bmsrig rig serve` put on real ports.
@Suite(.timeLimit(.minutes(3))) struct `A VISA library that knows nothing of us` {
  private static let bmsrig = Stranger.root.appendingPathComponent(".build/debug/bmsrig").path
  private static let simulated = Stranger.root.appendingPathComponent("Rigs/simulated.yaml").path

  @Test func `drives the served instruments over raw sockets, HiSLIP and serial lines`() throws {
    let folder = try Scratch()
    let rig = folder.file("rig.yaml").path
    let server = try Program(
      [Self.bmsrig, "rig", "serve", Self.simulated, "--format", "json", "--rig-file", rig], in: folder)
    defer { server.interrupt() }
    let table = folder.file("served.json")
    try Data(try server.output(until: "\n}\n").utf8).write(to: table)
    let confirmed = try Stranger.python("pyvisa_session.py", [table.path])
    print(confirmed)
    #expect(confirmed.split(separator: "\n").count == 8)

    // In another process our own program finds each of them afterwards; what no kernel here has is named.
    let probe = try Program([Self.bmsrig, "rig", "probe", rig], in: try Scratch())
    let found = try probe.output(until: "\nunit ")
    for name in ["emulator", "source", "auxiliary", "reference", "ntc1", "ntc4", "bank", "scope"] {
      #expect(found.contains(try Regex("(?m)^\(name) +ok ")), "\(found)")
    }
    probe.interrupt()
    #expect(server.interrupt() == 0, "Ctrl-C did not end the server cleanly")
  }
}
