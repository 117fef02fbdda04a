import Foundation
import Model
import Steps
import Testing

/// Bluetooth, CAN and 485 of one simulated unit on one time axis.
@Suite struct LinkAgreementTests {
  private static let names = [
    "can-voltage-difference", "can-current-difference", "can-charge-difference", "can-temperature-difference",
    "can-delay", "can-loss", "rs485-voltage-difference", "rs485-current-difference",
    "rs485-charge-difference",
    "rs485-temperature-difference", "rs485-delay", "rs485-loss", "bluetooth-delay", "bluetooth-loss",
    "can-cell-difference", "can-alarms", "rs485-cell-difference", "rs485-alarms",
  ]

  private func run(defect: String = "", rigEdit: ((String) -> String)? = nil) throws -> StepRun.Result {
    let measures = Self.names.map { "    \($0): information" }.joined(separator: "\n")
    var step = StepRun(
      steps: """
        - step: link-agreement
          id: links
          title: All links at once
          measure:
        \(measures)
        """)
    step.defect = defect
    step.rigEdit = rigEdit
    return try step.run()
  }

  private func value(_ result: StepRun.Result, _ name: String) throws -> Double {
    let found = try #require(result.measurements(name).first, "\(name) was not measured")
    guard case .number(let value) = found.observation else {
      Issue.record("\(name): \(found.observation)")
      return .nan
    }
    return value
  }

  @Test func `the links of a good unit tell the same battery, each with its own delay`() throws {
    let result = try run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    for port in ["can", "rs485"] {
      #expect(try value(result, "\(port)-voltage-difference").magnitude < 0.05)
      #expect(try value(result, "\(port)-current-difference").magnitude < 0.5)
      #expect(try value(result, "\(port)-charge-difference").magnitude < 0.006)
      #expect(try value(result, "\(port)-temperature-difference").magnitude < 1)
      #expect(try value(result, "\(port)-loss") == 0)
      #expect(try value(result, "\(port)-alarms") == 0)
    }
    #expect(try value(result, "rs485-cell-difference").magnitude < 0.003)
    #expect(result.outcomes("can-cell-difference") == [.notApplicable])
    #expect(try value(result, "bluetooth-loss") == 0)
    for name in ["bluetooth-delay", "can-delay", "rs485-delay"] {
      #expect((0.01...5).contains(try value(result, name)), "\(name)")
    }
    // CAN tells once a second, what is asked for twice a second is fresher.
    #expect(try value(result, "rs485-delay") <= value(result, "can-delay"))
  }

  @Test func `the sample of its help runs as it stands`() throws {
    let result = try StepRun(steps: LinkAgreement.sample).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.outcomes("rs485-delay") == [.information])
  }

  @Test func `a port that tells another battery is seen`() throws {
    let result = try run(defect: "communication: {can-voltage-gain: 1.01, rs485-voltage-gain: 0.98}")
    #expect((0.5...1.2).contains(try value(result, "can-voltage-difference")))
    #expect((-2.2 ... -1.2).contains(try value(result, "rs485-voltage-difference")))
    #expect(try value(result, "can-current-difference").magnitude < 0.5)
  }

  @Test func `what is lost is counted on each link`() throws {
    let result = try run(defect: "communication: {rs485-silent: true, frame-loss-rate: 0.2}")
    #expect(try value(result, "rs485-loss") == 1)
    #expect(try value(result, "bluetooth-loss") > 0.05)
    #expect(try value(result, "can-loss") == 0)
    #expect(result.outcomes("rs485-voltage-difference") == [.notMeasured])
    // Its silence is the unit's: as long as was waited.
    #expect(result.measurements("rs485-delay").map(\.observation) == [.atLeast(15)])
    let mute = try run(defect: "communication: {can-silent: true}")
    #expect(try value(mute, "can-loss") == 1)
    #expect(try value(mute, "rs485-loss") == 0)
    #expect(mute.measurements("can-delay").map(\.observation) == [.atLeast(15)])
  }

  @Test func `a bus that stands still agrees while the cells do, and shows no change`() throws {
    let result = try run(defect: "communication: {can-frozen: true}")
    #expect(try value(result, "can-voltage-difference").magnitude < 0.05)
    #expect(try value(result, "can-loss") == 0)
    #expect(result.measurements("can-delay").map(\.observation) == [.atLeast(15)])
    #expect(try value(result, "rs485-delay") < 3)
  }

  @Test(arguments: [2, 15]) func `a wait shorter than what is allowed does not pass a bus that stands still`(
    seconds: Int
  ) throws {
    var step = StepRun(
      steps: """
        - step: link-agreement
          id: links
          title: All links at once
          arrival-limit: \(seconds) s
          measure:
            can-delay: link-delay
        """)
    step.defect = "communication: {can-frozen: true}"
    let result = try step.run()
    #expect(result.outcomes("can-delay") == [seconds == 2 ? .notMeasured : .fail])
    #expect(result.verdict == (seconds == 2 ? .inconclusive : .fail), "\(result.complaints)")
  }

  @Test func `a DBC file and a mapping hear the same as the candidate that is built in`() throws {
    let built = try run()
    let mapped = try run { text in
      text.replacing(
        "  address: sim://unit-can\n",
        with: """
            address: sim://unit-can
            dbc: \(Scenario.root)/Rigs/CAN/pylontech-candidate.dbc
            signals:
              pack-voltage: Measurements.Voltage
              pack-current: Measurements.Current
              state-of-charge: StateOfCharge.StateOfCharge
              temperatures: [Measurements.Temperature]
              alarms: [Alarms.Overvoltage, Alarms.SystemError]

          """)
    }
    #expect(mapped.verdict == .pass, "\(mapped.complaints)")
    for name in Self.names where name != "can-cell-difference" {
      #expect(try value(mapped, name) == value(built, name), "\(name)")
    }
    let notes = mapped.record.steps.flatMap(\.notes)
    #expect(notes.contains { $0.contains("pylontech-candidate.dbc (SHA-256") }, "\(notes)")
  }

  @Test func `the 485 port answers in both candidate profiles`() throws {
    for profile in ["native", "jk-modbus"] {
      var step = StepRun(
        steps: """
          - step: communication-ports
            id: ports
            title: 485 port
            port: rs485
            measure:
              heartbeat: can-heartbeat
              voltage-difference: can-voltage-difference
          """)
      step.rigEdit = { $0.replacing("profile: native", with: "profile: \(profile)") }
      let result = try step.run()
      #expect(result.outcomes("heartbeat") == [.pass], "\(profile): \(result.complaints)")
      #expect(result.outcomes("voltage-difference") == [.pass], "\(profile)")
    }
  }

  @Test func `a profile that nobody has confirmed is never judged`() throws {
    var step = StepRun(
      steps: """
        - step: communication-ports
          id: ports
          title: 485 port
          port: rs485
          measure:
            heartbeat: can-heartbeat
            voltage-difference: can-voltage-difference
        - step: link-agreement
          id: links
          title: All links at once
          measure:
            rs485-voltage-difference: can-voltage-difference
            can-voltage-difference: can-voltage-difference
            rs485-loss: information
        """)
    step.defect = "communication: {rs485-voltage-gain: 0.5}"
    step.rigEdit = { text in
      let parts = text.components(separatedBy: "unit-rs485:")
      return parts[0] + "unit-rs485:"
        + parts[1].replacing("confirmed: yes", with: "confirmed: no", maxReplacements: 1)
    }
    let result = try step.run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.outcomes("heartbeat") == [.notApplicable])
    #expect(result.outcomes("rs485-voltage-difference") == [.notApplicable])
    #expect(result.outcomes("can-voltage-difference") == [.pass])
    #expect(result.outcomes("rs485-loss") == [.information])
  }
}
