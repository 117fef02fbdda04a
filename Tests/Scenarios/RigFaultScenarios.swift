import Model
import Ports
import Simulation
import Testing

/// A rig that is out of order speaks about itself: the verdict is *error* with the instrument named, and no measurement
/// of the unit fails.
@Suite struct RigFaultScenarios {
  struct Fault: Sendable, CustomTestStringConvertible {
    let instrument: String
    let options: [String: String]
    /// What the error must name beside the instrument itself.
    var named: String { instrument }
    var testDescription: String {
      instrument + " "
        + options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
  }

  static let faults: [Fault] = [
    Fault(instrument: "reference", options: ["fault": "silent"]),
    Fault(instrument: "reference", options: ["fault": "silent", "fault-after": "120"]),
    Fault(instrument: "reference", options: ["fault": "overload"]),
    Fault(instrument: "reference", options: ["fault": "overload", "fault-after-scans": "40"]),
    Fault(instrument: "reference", options: ["fault": "offset", "offset": "20 mV"]),
    Fault(instrument: "reference", options: ["fault": "offset", "offset": "20 mV", "fault-channel": "107"]),
    Fault(instrument: "reference", options: ["fault": "frozen"]),
    Fault(instrument: "reference", options: ["fault": "frozen", "fault-after-scans": "12"]),
    Fault(instrument: "reference", options: ["fault": "frozen", "fault-after-scans": "60"]),
    Fault(instrument: "reference", options: ["fault": "frozen", "fault-after-scans": "250"]),
    Fault(instrument: "reference", options: ["fault": "garbage", "fault-after": "30"]),
    Fault(instrument: "reference", options: ["fault": "duplicate", "fault-after": "30"]),
    Fault(instrument: "emulator", options: ["channel-error": "60 mV"]),
    Fault(instrument: "scope", options: ["fault": "truncated"]),
    Fault(instrument: "ntc2", options: ["fault": "late", "fault-after": "3"]),
  ]

  @Test(arguments: faults)
  func `a faulty instrument ends in an error that names it`(_ fault: Fault) throws {
    let result = try Scenario(rig: { rig in
      for index in rig.instruments.indices where rig.instruments[index].name == fault.instrument {
        for (key, value) in fault.options.sorted(by: { $0.key < $1.key }) {
          rig.instruments[index].simulated[key] = value
        }
      }
    }).run()
    expectError(result, naming: fault.instrument)
  }

  @Test(arguments: [
    ("emulator", 3.0), ("emulator", 40), ("source", 62), ("reference", 25), ("ntc1", 20), ("bank", 1),
    ("lines", 30), ("scope", 8),
  ])
  func `a dropped link ends in an error that names the instrument`(_ instrument: String, _ seconds: Double)
    throws
  {
    let result = try Scenario(arrange: { world in
      var link = LinkBehaviour()
      link.dropAt = .start + .seconds(seconds)
      world.setLink(link, of: instrument)
    }).run()
    expectError(result, naming: instrument)
  }

  @Test(arguments: [
    (Relay.emulatorContactor, true, 0.0), (.emulatorContactor, false, 0), (.loopContactor, false, 0),
    (.loopContactor, true, 70),
  ])
  func `a contactor that sticks ends in an error`(_ relay: Relay, _ closed: Bool, _ seconds: Double) throws {
    let result = try Scenario(arrange: { world in
      let circuit = world.circuit
      world.schedule(at: .start + .seconds(seconds)) { circuit.stick(relay, active: closed) }
    }).run()
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.failedRequirements.isEmpty, "\(result.complaints)")
    // Welded, so it cannot be confirmed that nothing is live any more.
    #expect(result.record.safeStateConfirmed == !closed)
  }

  private func expectError(_ result: Scenario.Result, naming instrument: String) {
    #expect(result.verdict == .error, "\(result.complaints)")
    #expect(result.failedRequirements.isEmpty, "\(result.complaints)")
    #expect(result.record.errors.contains { $0.instrument.contains(instrument) }, "\(result.complaints)")
  }
}
