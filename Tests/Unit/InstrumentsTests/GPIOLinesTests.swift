import Capabilities
import Instruments
import Ports
import TestKit
import Testing

@Suite struct GPIOLinesTests {
  private func bank() throws -> (lines: GPIOLines, port: ScriptedLines) {
    let configuration = LineConfiguration(
      outputs: [.init(line: 1, safeLevel: false), .init(line: 2, safeLevel: true)], inputs: [7, 8])
    let port = try ScriptedLines(configuration)
    let context = DriverContext(
      name: "relays", serial: "A-17", port: .lines(port, configuration), world: ScriptedWorld())
    return (try GPIOLines(context), port)
  }

  @Test func `opening changes nothing and proves the safe levels`() async throws {
    let (lines, port) = try bank()
    _ = try await lines.open()
    #expect(port.changes.isEmpty)
    port.stuck[2] = false
    await #expect(throws: InstrumentError.self) { _ = try await lines.open() }
    #expect(port.changes.isEmpty)
  }

  @Test func `a line that does not follow is an error`() async throws {
    let (lines, port) = try bank()
    port.stuck[1] = false
    do {
      try await lines.set(line: 1, to: true)
      Issue.record("not noticed")
    } catch { #expect(error.code == .notConfirmed && error.channel == 1) }
  }

  @Test func `only configured lines may be named`() async throws {
    let (lines, port) = try bank()
    for ask: () async throws -> Void in [
      { try await lines.set(line: 7, to: true) }, { _ = try await lines.read(line: 3) },
      { _ = try await lines.edges(line: 1, since: .start) },
    ] {
      do {
        try await ask()
        Issue.record("not refused")
      } catch { #expect((error as? InstrumentError)?.code == .outOfRange) }
    }
    #expect(port.changes.isEmpty)
  }

  @Test func `edges stay available after they were read`() async throws {
    let (lines, port) = try bank()
    let at = { WorldInstant.start + .milliseconds($0) }
    port.pendingEdges = [
      LineEdge(line: 7, level: true, at: at(10)), LineEdge(line: 8, level: true, at: at(11)),
    ]
    #expect(try await lines.edges(line: 7, since: .start).count == 1)
    port.pendingEdges = [LineEdge(line: 7, level: false, at: at(20))]
    #expect(try await lines.edges(line: 7, since: .start).map(\.level) == [true, false])
    #expect(try await lines.edges(line: 7, since: at(15)).map(\.level) == [false])
    #expect(try await lines.edges(line: 8, since: .start).count == 1)
  }

  @Test func `making safe tries every line, twice, and after the bank is gone`() async throws {
    let (lines, port) = try bank()
    try await lines.set(line: 1, to: true)
    for _ in 1...2 { #expect(await lines.makeSafe().confirmed) }
    #expect(port.levels[1] == false && port.levels[2] == true)
    port.stuck[1] = true
    #expect(await !lines.makeSafe().confirmed)
    #expect(port.changes.last?.line == 2)
    await lines.close()
    for _ in 1...2 { #expect(await !lines.makeSafe().confirmed) }
  }
}
