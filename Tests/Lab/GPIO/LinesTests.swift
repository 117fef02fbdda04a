import Foundation
import LinuxPorts
import Ports
import Testing

/// Our lines on the kernel's simulated chip; the kernel's own record and libgpiod's tools are the witnesses.
@Suite(.inLab, .serialized, .timeLimit(.minutes(2)))
struct LinesTests {
  @Test
  func `outputs are safe from the first moment, follow what is asked, and are safe before they are let go`()
    throws
  {
    let bank = try SimulatedBank(label: "outputs", lines: 4)
    let witness = try LineWitness()
    try withLines("gpio://outputs", outputs: [0: true, 1: false], inputs: []) { world, port in
      #expect(try bank.level(0) && !bank.level(1))
      let info = try Lab.run("gpioinfo", bank.chip)
      #expect(info.matches(of: /"bmsrig"\s+output/).count == 2, "\(info)")
      for level in [false, true, false] {
        try await port.set(line: 0, to: level)
        try await port.set(line: 1, to: !level)
        #expect(try bank.level(0) == level && bank.level(1) == !level)
        #expect(try await port.read(line: 0) == level)
        #expect(try await port.read(line: 1) == !level)
      }
    }
    // Low and high was the last that was asked for.
    let levels = try witness.levels()
    #expect(levels.suffix(2) == ["0 set 1", "1 set 0"], "\(levels)")
    #expect(!(try Lab.run("gpioinfo", bank.chip)).contains("bmsrig"))
  }

  @Test func `every edge comes with its level, in order, with the kernel's time`() throws {
    let bank = try SimulatedBank(label: "edges", lines: 4)
    try withLines("gpio://edges", outputs: [:], inputs: [1, 3]) { world, port in
      let begin = world.now
      var expected: [Int: [Bool]] = [1: [], 3: []]
      for round in 0..<100 {
        let line = round % 3 == 0 ? 3 : 1
        let level = !(expected[line]?.last ?? false)
        try bank.pull(line, to: level)
        expected[line]?.append(level)
      }
      let edges = try await collect(100, from: port, world)
      for line in [1, 3] { #expect(edges.filter { $0.line == line }.map(\.level) == expected[line]) }
      #expect(zip(edges, edges.dropFirst()).allSatisfy { $0.at <= $1.at })
      #expect(edges.allSatisfy { $0.at >= begin && $0.at <= world.now })
      #expect(try await port.takeEdges().isEmpty, "an edge was told twice")
      #expect(try await port.read(line: 1) == expected[1]?.last)
    }
  }

  @Test func `gpiomon sees the same edges as we do`() throws {
    let bank = try SimulatedBank(label: "witness", lines: 2)
    let monitor = try Stranger("gpiomon", "--num-events=20", "--format=%e %s %n", bank.chip, "1")
    while !(try Lab.run("gpioinfo", bank.chip)).contains("gpiomon") { usleep(10_000) }
    try withLines("gpio://\(bank.chip)", outputs: [:], inputs: [0]) { world, port in
      for round in 0..<20 {
        try bank.pull(0, to: round % 2 == 0)
        try bank.pull(1, to: round % 2 == 0)
      }
      let edges = try await collect(20, from: port, world)
      for edge in edges {
        let line = try #require(try monitor.nextLine()).split(separator: " ")
        // 1 is a rising edge. Both lines changed one after the other, on one clock.
        #expect((line[0] == "1") == edge.level)
      }
    }
  }

  @Test func `a chip answers to its label, its name and its path`() throws {
    let bank = try SimulatedBank(label: "fixture-lines", lines: 1)
    for target in ["fixture-lines", bank.chip, "/dev/\(bank.chip)"] {
      try withLines("gpio://\(target)", outputs: [:], inputs: [0]) { _, port in
        let level = try await port.read(line: 0)
        #expect(!level)
      }
    }
  }

  @Test func `how fast edges are collected`() throws {
    let bank = try SimulatedBank(label: "speed", lines: 1)
    try withLines("gpio://speed", outputs: [:], inputs: [0]) { world, port in
      let puller = try Puller(bank, line: 0)
      let begin = world.now
      for round in 0..<2000 { try puller.pull(to: round % 2 == 0) }
      let edges = try await collect(2000, from: port, world)
      #expect(edges.enumerated().allSatisfy { $1.level == ($0 % 2 == 0) })
      let seconds = (world.now - begin).seconds
      print("lab: GPIO: \(Int(2000 / seconds)) edges/s, 2000 of 2000 collected")
    }
  }
}

/// Opens a bank, runs `body`, closes it.
func withLines(
  _ address: String, outputs: [Int: Bool], inputs: [Int],
  _ body: @escaping @Sendable (LinuxWorld, any LinePort) async throws -> Void
) throws {
  let address = try PortAddress(parsing: address)
  let configuration = LineConfiguration(
    outputs: outputs.sorted { $0.key < $1.key }.map { .init(line: $0.key, safeLevel: $0.value) },
    inputs: inputs)
  try LinuxWorld.run(takesSignals: false) { world in
    let port = try await world.openLines(
      address, configuration: configuration, deadline: world.now + .seconds(30))
    defer { port.close() }
    try await body(world, port)
  }
}

/// Takes edges until there are `count`, or for 30 s.
func collect(_ count: Int, from port: any LinePort, _ world: LinuxWorld) async throws -> [LineEdge] {
  let deadline = world.now + .seconds(30)
  var edges: [LineEdge] = []
  while edges.count < count, world.now < deadline {
    edges += try await port.takeEdges()
    try await world.sleep(for: .milliseconds(1))
  }
  #expect(edges.count == count)
  return edges
}
