import Foundation
import Model
import Ports
import Simulation
import Testing

/// An instrument, sensor or relay that is wrong in its value, not in its answers: a second channel of the rig notices,
/// and the run ends as a rig error that names it.
@Suite struct WrongInstrumentScenarios {
  typealias Fault = RigFaultScenarios.Fault

  static let meters: [Fault] = [
    Fault(instrument: "reference", options: ["fault": "offset", "offset": "-20 mV"]),
    Fault(instrument: "reference", options: ["fault": "offset", "offset": "3 mV", "fault-channel": "112"]),
    Fault(instrument: "reference", options: ["fault": "gain", "gain-error": "1 %"]),
    Fault(
      instrument: "reference", options: ["fault": "gain", "gain-error": "0.1 %", "fault-after-scans": "30"]),
    Fault(
      instrument: "reference",
      options: ["fault": "drift", "drift-per-minute": "5 mV", "fault-after-scans": "30"]),
    Fault(
      instrument: "reference", options: ["fault": "swapped", "fault-channel": "107", "swap-with": "108"]),
    Fault(
      instrument: "reference", options: ["fault": "swapped", "fault-channel": "103", "swap-with": "119"]),
    Fault(instrument: "reference", options: ["fault": "frozen", "fault-after-scans": "20"]),
    // Scale of the loop's shunt, the Kelvin channel, the shunt in the supply wire.
    Fault(instrument: "reference", options: ["fault": "gain", "gain-error": "-3 %", "fault-channel": "208"]),
    Fault(
      instrument: "reference", options: ["fault": "offset", "offset": "40 mV", "fault-channel": "207"]),
    Fault(instrument: "reference", options: ["fault": "gain", "gain-error": "50 %", "fault-channel": "209"]),
    Fault(instrument: "reference", options: ["fault": "frozen", "fault-channel": "209"]),
    Fault(instrument: "emulator", options: ["read-back-offset": "20 mV"]),
    Fault(instrument: "emulator", options: ["read-back-offset": "3 mV", "fault-channel": "9"]),
    Fault(instrument: "emulator", options: ["hidden-offset": "20 mV", "fault-channel": "3"]),
    Fault(instrument: "emulator", options: ["current-gain-error": "10 %", "fault-channel": "5"]),
    Fault(instrument: "emulator", options: ["current-gain-error": "-100 %"]),
    Fault(instrument: "source", options: ["saturation": "100 A"]),
    Fault(instrument: "source", options: ["saturation": "30 A"]),
    Fault(instrument: "source", options: ["read-back-error": "2 %"]),
    Fault(instrument: "ntc2", options: ["value-error": "1 %"]),
    // Right at 25 °C, wrong where it is warm.
    Fault(instrument: "ntc3", options: ["value-error": "-2 %", "error-below": "5 kΩ"]),
    Fault(instrument: "ntc1", options: ["drift-per-minute": "0.5 %"]),
    Fault(
      instrument: "reference", options: ["fault": "gain", "gain-error": "1 %", "fault-channel": "302"]),
    Fault(instrument: "scope", options: ["probe-scale": "10 %"]),
    Fault(instrument: "scope", options: ["probe-scale": "1000 %"]),
    Fault(instrument: "scope", options: ["probe-scale": "50 %"]),
    Fault(instrument: "bank", options: ["bank-wire": "broken"]),
  ]

  @Test(arguments: meters)
  func `a wrong instrument is named and the unit is not blamed`(_ fault: Fault) throws {
    let result = try Scenario(rig: Self.giving(fault)).run()
    Self.expectError(result, naming: fault.instrument)
  }

  /// Line numbers of Rigs/simulated.yaml with the word that must be in the message.
  static let lines: [(options: [String: String], word: String)] = [
    (["blind": "36"], "led-blue"), (["blind": "37"], "led-red"), (["blind": "38"], "led-yellow"),
    (["blind": "39"], "led-green"), (["blind": "40"], "buzzer"),
    (["blind": "37", "fault-time": "40 s"], "led-red"), (["blind": "40", "fault-time": "20 s"], "buzzer"),
    (["stuck-on": "37"], "led-red"), (["stuck-on": "40"], "buzzer"),
    // Node relay B12, wake switch, discharge resistors, short trigger, changeover of the thermistors, test lamps.
    (["stuck-open": "17"], ""), (["stuck-closed": "17"], "B12"), (["stuck-open": "5"], ""),
    (["stuck-open": "3"], "wake-switch"), (["stuck-closed": "3"], "wake-switch"),
    (["stuck-open": "2"], "discharge-resistors"), (["stuck-closed": "2"], "discharge-resistors"),
    (["stuck-open": "4"], "short-trigger"), (["stuck-open": "30"], "thermistor-check"),
    (["stuck-closed": "30"], "thermistor-check"), (["stuck-open": "31"], "test lamp"),
  ]

  @Test(arguments: lines.filter { !$0.word.isEmpty })
  func `a blind sensor or a stuck relay is named and the unit is not blamed`(
    _ fault: (options: [String: String], word: String)
  ) throws {
    let result = try Scenario(rig: Self.giving(Fault(instrument: "lines", options: fault.options))).run()
    Self.expectError(result, naming: "lines")
    #expect(result.record.errors.contains { $0.message.contains(fault.word) }, "\(result.complaints)")
  }

  /// A relay of a node wire closes its wire at rest: active is open.
  @Test func `a node wire that is open from the beginning is an error of the rig`() throws {
    let result = try Scenario(
      rig: Self.giving(Fault(instrument: "lines", options: ["stuck-closed": "17"]))
    ).run()
    Self.expectError(result, naming: "reference")
  }

  @Test func `a node relay that stays closed from the middle of the run on is an error of the rig`() throws {
    let result = try Scenario(arrange: { world in
      let circuit = world.circuit
      world.schedule(at: Scenario.instant(of: "cells")) {
        for node in 0...24 { circuit.stick(.nodeOpen(node), active: false) }
      }
    }).run()
    Self.expectError(result, naming: "lines")
  }

  /// Errors inside the stated uncertainties, in the direction that is worse.
  static let marginal: [Fault] = [
    Fault(instrument: "reference", options: ["fault": "offset", "offset": "0.5 mV", "fault-channel": "107"]),
    Fault(
      instrument: "reference", options: ["fault": "offset", "offset": "-0.5 mV", "fault-channel": "107"]),
    Fault(instrument: "emulator", options: ["read-back-offset": "0.4 mV"]),
    Fault(instrument: "emulator", options: ["current-gain-error": "0.2 %", "fault-channel": "4"]),
    Fault(instrument: "source", options: ["current-error": "0 %", "read-back-error": "0.08 %"]),
    Fault(instrument: "ntc2", options: ["value-error": "0.08 %"]),
  ]

  @Test(arguments: marginal)
  func `an instrument inside its stated uncertainty is not accused`(_ fault: Fault) throws {
    let result = try Scenario(rig: Self.giving(fault)).run()
    #expect(result.record.errors.isEmpty, "\(result.complaints)")
    #expect(result.verdict == .pass, "\(result.complaints)")
  }

  /// Whatever tolerances the instruments and the unit were drawn with: nobody is accused.
  @Test func `a hundred good rigs pass the self-test with room to what is allowed`() throws {
    for seed in UInt64(1)...100 {
      let result = try Scenario(
        seed: seed,
        shorten: { procedure in
          for index in procedure.phases.indices {
            procedure.phases[index].steps.removeAll { $0.kind != "rig-self-test" }
          }
          procedure.phases.removeAll { $0.steps.isEmpty }
          procedure.closing = nil
        }
      ).run()
      #expect(result.record.errors.isEmpty, "seed \(seed): \(result.complaints)")
      let found = result.record.measurements.first { $0.name == "cell-agreement" }
      guard case .number(let volts)? = found?.observation else {
        Issue.record("seed \(seed): \(result.complaints)")
        continue
      }
      #expect(volts < 0.9e-3, "seed \(seed)")
    }
  }

  /// The differences that the self-test sees on good rigs leave room to what it allows.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `a good rig keeps half of what is allowed`(_ seed: UInt64) throws {
    let result = try Scenario(seed: seed).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    let agreement = result.record.measurements.filter { $0.name == "cell-agreement" }
    #expect(agreement.count == 1)
    for measurement in agreement {
      guard case .number(let volts) = measurement.observation else { Issue.record("no number"); continue }
      #expect(volts < 0.6e-3 && volts > 0)
    }
  }

  @Test func `a rig without second channels says so and still tests`() throws {
    let without = [
      "thermistor-reference:", "thermistor-check:", "indicator-test:", "wake-switch-mirror:",
      "discharge-resistors-mirror:",
    ]
    let whole = try String(contentsOfFile: Scenario.rigFile, encoding: .utf8)
    let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
    let path = FileManager.default.temporaryDirectory.path + "/bmsrig-old-rig-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try lines.filter { line in !without.contains { line.contains($0) } }.joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    let result = try Scenario(rigPath: path).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    let notes = result.events.compactMap { event -> String? in
      if case .note(_, let text) = event.body { text } else { nil }
    }
    for word in ["thermistor-reference", "indicator-test", "wake-switch-mirror"] {
      #expect(notes.contains { $0.contains("not witnessed") && $0.contains(word) }, "\(notes)")
    }
  }

  static func giving(_ fault: Fault) -> (inout Rig) -> Void {
    { rig in
      for index in rig.instruments.indices where rig.instruments[index].name == fault.instrument {
        for (key, value) in fault.options.sorted(by: { $0.key < $1.key }) {
          rig.instruments[index].simulated[key] = value
        }
      }
    }
  }

  static func expectError(_ result: Scenario.Result, naming instrument: String) {
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.failedRequirements.isEmpty, "\(result.complaints)")
    #expect(result.record.errors.contains { $0.instrument.contains(instrument) }, "\(result.complaints)")
  }
}
