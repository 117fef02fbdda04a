import Foundation
import Model
import Ports
import Quantities
import Rigging
import Simulation
import Store
import Testing

/// What a broken reading can look like in the bytes of a scanning voltmeter: `value,channel,value,channel`.
enum BrokenReply: String, CaseIterable, CustomTestStringConvertible {
  case notANumber = "not a number", notANumberText = "NAN", infinity = "∞", minusInfinity = "−∞"
  case overload, minusOverload = "−overload", missing, shortened, stale, text, otherUnit = "wrong unit"
  case suffix = "unit text", otherChannel = "wrong channel", exchanged = "exchanged"

  var testDescription: String { rawValue }

  /// - Parameter old: What the same scan gave before the stimulus of the step; nil when there was none.
  func spoil(_ reply: String, old: String?) -> String {
    let fields = reply.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    func values(_ change: (String) -> String) -> String {
      fields.enumerated().map { $0 % 2 == 0 ? change($1) : $1 }.joined(separator: ",")
    }
    switch self {
    case .notANumber: return values { _ in "+9.91000000E+37" }
    case .notANumberText: return values { _ in "NAN" }
    case .infinity: return values { _ in "INF" }
    case .minusInfinity: return values { _ in "-INF" }
    case .overload: return values { _ in "+9.90000000E+37" }
    case .minusOverload: return values { _ in "-9.90000000E+37" }
    case .missing: return values { _ in "" }
    case .shortened: return fields.dropLast(2).joined(separator: ",")
    case .stale: return old ?? values { _ in "+0.00000000E+00" }
    case .text: return values { _ in "ERROR" }
    case .otherUnit: return values { "\((Double($0) ?? 0) * 1000)" }
    case .suffix: return values { $0 + " MV" }
    case .otherChannel:
      return fields.enumerated().map { $0 % 2 == 0 ? $1 : "\((Int($1) ?? 0) + 1)" }.joined(separator: ",")
    case .exchanged:
      let numbers = stride(from: 0, to: fields.count, by: 2).map { fields[$0] }
      guard numbers.count > 1 else { return values { "\(-(Double($0) ?? 0))" } }
      return fields.enumerated().map { $0 % 2 == 0 ? numbers[(numbers.count - 1) - $0 / 2] : $1 }
        .joined(separator: ",")
    }
  }
}

/// Where broken readings arrive: a step that makes one value, many, one of many, or a search of them.
enum ReadingShape: String, CaseIterable, CustomTestStringConvertible {
  case single, series, aggregate, search

  var testDescription: String { rawValue }

  var step: String {
    switch self {
    case .single:
      """
      - step: quiescent-current
        id: victim
        title: Single value
        measure: {supply-current: quiescent-active}
      """
    case .series:
      """
      - step: cell-accuracy
        id: victim
        title: Series
        patterns: low
        frames: 3
        measure: {cell-error: cell-error}
      """
    case .aggregate:
      """
      - step: power-path
        id: victim
        title: Aggregate
        currents: [-100 A, 0 A, 100 A]
        measure: {path-resistance: path-resistance, pack-current: pack-current-error}
      """
    case .search:
      """
      - step: threshold-search
        id: victim
        title: Search
        quantity: overcharge
        method: bisection
        cells: [first]
        measure: {threshold-voltage: ovp-trip, trips: information, delay: information, cause: information,
          keeps-running: information}
      """
    }
  }
}

/// Broken readings on the wire, through the driver, into the outcome: none may pass.
@Suite struct `A broken reading of the voltmeter` {
  @Test(arguments: BrokenReply.allCases, ReadingShape.allCases)
  func `never passes`(_ broken: BrokenReply, _ shape: ReadingShape) throws {
    let record = try Self.run(shape, broken)
    let victims = record.measurements.filter { $0.step == "victim" && $0.limit != nil }
    #expect(!victims.isEmpty, "\(record.reason)")
    let passed = victims.filter { $0.outcome == .pass }
    #expect(passed.isEmpty, "\(passed.map { "\($0.name) \($0.channel): \($0.observation)" })")
    #expect(record.verdict != .pass)
    // A voltmeter out of order speaks about itself.
    #expect(record.verdict == .error, "\(String(describing: record.verdict)): \(record.reason)")
    let cell = "broken reading  \(shape.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0))"
    print("\(cell)\(broken.rawValue.padding(toLength: 14, withPad: " ", startingAt: 0))\(record.reason)")
  }

  @Test(arguments: ReadingShape.allCases) func `is what keeps the steps from passing`(_ shape: ReadingShape)
    throws
  {
    let record = try Self.run(shape, nil)
    let victims = record.measurements.filter { $0.step == "victim" && $0.limit != nil }
    #expect(!victims.isEmpty && victims.allSatisfy { $0.outcome == .pass }, "\(record.reason)")
  }

  private static func run(_ shape: ReadingShape, _ broken: BrokenReply?) throws -> RunRecord {
    let folder = FileManager.default.temporaryDirectory.path + "/bmsrig-matrix-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let procedure = folder + "/procedure.yaml"
    try SmallProcedure(steps: shape.step).text.write(toFile: procedure, atomically: true, encoding: .utf8)
    let (found, findings) = Preflight.check(
      RunRequest(procedurePath: procedure, rigPath: Scenario.rigFile, date: "2026-06-01"))
    let checked = try #require(found, "\(findings)")
    let rig = checked.rig.rig
    let circuit = Circuit(parameters: SimulatedRig.parameters(rig.wiring))
    let world = SimulatedWorld(circuit: circuit, seed: 3, calendarStart: SimulatedSocket.calendarStart)
    let host = FaultyHost(world)
    try SimulatedRig.populate(host, with: rig, unit: SimulatedSocket.unit(for: checked, seed: 3))
    let victim = Victim()
    try #require(host.twins["reference"]).rewrite = { victim.rewrite($0, $1, broken) }
    let execution = RunExecution(
      checked: checked, unit: "SN0007", seed: 3, program: "scenario", observer: victim)
    let store = try RunStore(path: folder + "/store", durable: false)
    return try world.run {
      try await execution.run(in: store, world: world, requestStop: { world.requestStop(reason: $0) })
    }.record
  }

  /// Spoils the scans of one step.
  private final class Victim: RunObserver {
    private var isOn = false
    private var scan = ""
    private var old: [String: String] = [:]

    func observe(_ event: RunEvent) {
      if case .stepStarted(let step, _, _, _, _) = event.body { isOn = step == "victim" }
      if case .stepEnded = event.body { isOn = false }
    }

    func rewrite(_ command: String, _ reply: [UInt8], _ broken: BrokenReply?) -> [UInt8] {
      guard command.hasPrefix("READ?") else { return reply }
      let text = String(decoding: reply, as: UTF8.self).trimmingCharacters(in: .newlines)
      let channels = text.split(separator: ",").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
      let list = channels.joined(separator: ",")
      guard isOn, let broken else {
        old[list] = text
        return reply
      }
      return Array((broken.spoil(text, old: old[list]) + "\n").utf8)
    }
  }
}
