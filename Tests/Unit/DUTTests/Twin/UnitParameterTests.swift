import Ports
import Quantities
import Simulation
import Testing

@testable import DUT

@Suite struct UnitParameterTests {
  @Test func `two seeds differ and both are inside tolerance`() {
    let units = (1...40).map { UnitParameters.seeded(SeededRandom(seed: $0)) }
    for unit in units {
      for channel in unit.channels {
        for volts in [1.5, 3.65, 4.5] {
          let error = volts * channel.gain + channel.offset - volts
          #expect(error.magnitude <= 0.003)
        }
      }
      #expect((unit.shunt.gain - 1).magnitude <= 0.003)
      #expect(unit.thermistors.allSatisfy { $0.offset.magnitude <= 0.3 })
      #expect((0.000_40...0.000_50).contains(unit.path.resistance))
      #expect((unit.balancer.currentFactor - 1).magnitude <= 0.015)
      #expect((2...5).contains(unit.balancer.phaseTime * unit.balancer.efficiency))
      #expect(unit.shortCircuit.response < 50e-6)
      #expect(unit.identity.deviceID.utf8.count == 12)
    }
    #expect(Set(units.map(\.identity.deviceID)).count == units.count)
    #expect(Set(units.map(\.path.resistance)).count == units.count)
  }

  @Test func `the same seed behaves the same, another one does not`() throws {
    func story(_ seed: UInt64) -> (cells: [Double], edges: [IndicatorEdge], arrivals: [WorldInstant]) {
      var parameters = UnitParameters.seeded(SeededRandom(seed: seed))
      parameters.settingOverrides.append(SettingOverride(.balancingEnabled, 1))
      let bench = UnitBench(parameters)
      bench.around.cells[3] = 3.36
      bench.activate()
      bench.connect()
      bench.send(.read(.settings))
      let frames = bench.frames(within: 20)
      let last = frames.compactMap { CellInfo(decoding: $0.bytes, version: .v2) }.last
      return (last?.cellVolts ?? [], bench.edges, frames.map(\.completedAt))
    }
    let (a, b, c) = (story(7), story(7), story(8))
    #expect(a.cells == b.cells && a.edges == b.edges && a.arrivals == b.arrivals)
    #expect(a.cells != c.cells && a.edges != c.edges && a.arrivals != c.arrivals)
  }

  @Test func `behaviour does not depend on how often the clock is looked at`() {
    func edges(step: Double) -> [IndicatorEdge] {
      let bench = UnitBench(.seeded(SeededRandom(seed: 5)))
      bench.activate()
      bench.around.cells[0] = 3.8
      for _ in 0..<Int((12 / step).rounded()) { bench.wait(step) }
      return bench.edges
    }
    #expect(edges(step: 12) == edges(step: 0.125))
  }

  @Test func `a good seeded unit reads its cells within three millivolts and trips in the window`() throws {
    let bench = UnitBench(.seeded(SeededRandom(seed: 21)))
    for index in 0..<24 { bench.around.cells[index] = 3.2 + 0.005 * Double(index) }
    bench.activate()
    let frame = try #require(bench.telemetry())
    for index in 0..<24 {
      #expect(abs(frame.cellVolts[index] - bench.around.cells[index]) < 0.004)
    }
    bench.around.cells[11] = 3.640
    bench.wait(3)
    #expect(bench.chargeClosed)
    bench.around.cells[11] = 3.660
    bench.wait(3)
    #expect(!bench.chargeClosed)
  }

  @Test func `swapped and shifted channels read what their defect says`() throws {
    let bench = UnitBench(
      try .quiet([
        ("channels.5.swap-with", .integer(6)), ("channels.6.swap-with", .integer(5)),
        ("channels.9.offset", .quantity(.init(0.02, .voltage))), ("channels.12.open", .flag(true)),
      ]))
    for index in 0..<24 { bench.around.cells[index] = 3.2 + 0.005 * Double(index) }
    bench.activate()
    let frame = try #require(bench.telemetry())
    #expect(abs(frame.cellVolts[4] - 3.225) < 1e-5 && abs(frame.cellVolts[5] - 3.220) < 1e-5)
    #expect(abs(frame.cellVolts[8] - 3.260) < 1e-5)
    #expect(frame.cellVolts[11] == 0)
  }

  @Test func `every path is unique, lower case and documented`() {
    let entries = UnitParameterCatalog.entries
    #expect(Set(entries.map(\.path)).count == entries.count)
    for entry in entries {
      let plain = entry.path.replacing(".N.", with: ".")
      #expect(plain.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" || $0 == "." }, "\(entry.path)")
      #expect(!entry.doc.isEmpty && (entry.indices == nil) == !entry.path.contains(".N."))
    }
  }

  @Test func `every path can be set with a value of its kind`() throws {
    for entry in UnitParameterCatalog.entries {
      let path = entry.path.replacing(".N.", with: ".2.")
      var unit = UnitParameters()
      let value: UnitParameterValue =
        switch entry.kind {
        case .quantity(let dimension, let range): .quantity(AnyQuantity(range.upperBound, dimension))
        case .number(let range): .number(range.upperBound)
        case .integer(let range): .integer(range.upperBound)
        case .flag: .flag(true)
        case .choice(let words): .text(words.last!)
        case .text(let length): .text(String(repeating: "x", count: length.upperBound))
        }
      try unit.set(path: path, value: value)
    }
  }

  @Test(arguments: [
    ("channels.7.offset", "20 mV"), ("protections.overcharge.recovery", "never"), ("cells", "16"),
    ("indicators.red", "dead"), ("firmware.persistent", "false"), ("balancer.current-factor", "0.5"),
    ("settings.cell-overvoltage-protection", "3.6 V"), ("rating", "200 A"),
    ("settings.nominal-capacity", "100 Ah"),
  ])
  func `values are read as people write them`(path: String, text: String) throws {
    var unit = UnitParameters()
    let entry = try UnitParameterCatalog.entry(at: path).entry
    try unit.set(path: path, value: try entry.kind.value(parsing: text))
    #expect(unit != UnitParameters())
  }

  @Test(arguments: [
    ("channels.25.offset", UnitParameterValue.quantity(.init(0.02, .voltage))),
    ("channels.7.offset", .quantity(.init(0.02, .current))), ("channels.7.offset", .number(0.02)),
    ("indicators.red", .text("broken")), ("balancer.currentFactor", .number(0.5)),
    ("cells", .integer(30)), ("identity.name", .text("a name too long")),
  ])
  func `wrong paths and values are refused with advice`(path: String, value: UnitParameterValue) {
    var unit = UnitParameters()
    let error = #expect(throws: UnitParameterError.self) { try unit.set(path: path, value: value) }
    #expect(error?.path == path && error?.suggestion.isEmpty == false)
    #expect(unit == UnitParameters())
  }

  @Test func `a unit file's seed is drawn first, wherever it stands`() throws {
    let unit = try UnitParameterCatalog.unit([
      ("balancer.current-factor", .number(0.5)), ("seed", .integer(4)),
    ])
    #expect(unit.balancer.currentFactor == 0.5)
    #expect(unit.path == UnitParameters.seeded(SeededRandom(seed: 4)).path)
  }
}
