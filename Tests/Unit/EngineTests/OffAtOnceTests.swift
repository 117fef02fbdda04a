import Capabilities
import Ports
import Quantities
import Synchronization
import Testing

@testable import Engine

/// Something with an output that does with OFF what a test says.
private final class Switch: OffSwitch {
  let name: String
  let off = OffWire(messages: [], proofs: [], gap: .zero)
  private let told: @Sendable () async throws(InstrumentError) -> Void
  init(_ name: String, told: @escaping @Sendable () async throws(InstrumentError) -> Void) {
    self.name = name
    self.told = told
  }
  func sendOff() async throws(InstrumentError) { try await told() }
  func open() async throws(InstrumentError) -> Identity {
    Identity(maker: "", model: name, serial: "", firmware: "")
  }
  func makeSafe() async -> SafetyReport { SafetyReport(confirmed: false, message: "not asked") }
  func close() async {}
}

/// Who was told OFF, in order. Children of the group may run on any thread.
private final class Told: Sendable {
  private let names = Mutex<[String]>([])
  var all: [String] { names.withLock { $0 } }
  func note(_ name: String) { names.withLock { $0.append(name) } }
}

@Suite struct `OFF at once` {
  private static let failure = InstrumentError(.link, instrument: "fake", message: "scripted")

  /// Behind short bank, source and cells, in the order in which they are gone through.
  private func bench(_ bank: Switch, _ source: Switch, _ cells: Switch) -> Bench {
    let scripted = ScriptedBench(without: [.shortTrigger])
    return Bench(
      world: scripted.world, rig: scripted.bench.rig,
      members: [
        .shortBank: [.init(instrument: bank, channel: 1)],
        .loopSource: [.init(instrument: source, channel: 1)],
        .cells: (1...16).map { .init(instrument: cells, channel: $0) },
      ], cellCount: 16, restVoltage: 3.2)
  }

  @Test func `reaches everything although one link fails and one hangs, and waits for neither`() async {
    let told = Told()
    let bank = Switch("bank") { () async throws(InstrumentError) in
      told.note("bank")
      throw Self.failure
    }
    // Hangs until the last one was told; who waits for it first finds it told too late.
    let source = Switch("source") { () async throws(InstrumentError) in
      told.note("source")
      for _ in 0..<100_000 where !told.all.contains("cells") { await Task.yield() }
      told.note("deadline of the source")
      throw Self.failure
    }
    let cells = Switch("cells") { () async throws(InstrumentError) in told.note("cells") }
    await SafeStateSequence(bench: bench(bank, source, cells)).offAtOnce(cells: true)
    #expect(Set(told.all.prefix(3)) == ["bank", "source", "cells"], "\(told.all)")
    // Its sixteen channels are one instrument.
    #expect(told.all.count == 4 && told.all.last == "deadline of the source", "\(told.all)")
  }

  @Test func `leaves the cells on while the unit's settings have to be restored`() async {
    let told = Told()
    func fake(_ name: String) -> Switch {
      Switch(name) { () async throws(InstrumentError) in told.note(name) }
    }
    let bench = bench(fake("bank"), fake("source"), fake("cells"))
    await SafeStateSequence(bench: bench).offAtOnce(cells: false)
    #expect(told.all.sorted() == ["bank", "source"])
  }

  /// What the switching on of an output was not answered with must not hide it from whoever watches it.
  @Test func `counts outputs as on whose switching on was obeyed and not answered`() async {
    let scripted = ScriptedBench()
    scripted.plant.unanswered = ["emulator on"]
    await #expect(throws: InstrumentError.self) { try await scripted.bench.setCellOutputs(true) }
    #expect(scripted.plant.cellsOn && scripted.bench.cellOutputsOn)
  }
}
