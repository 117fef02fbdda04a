import Foundation
import Model
import Rigging
import Testing

/// Steps that try a unit's settings: a good unit passes, each defect fails at its own requirement.
@Suite struct SettingsStepTests {
  private static let ranges = """
    - step: settings-ranges
      id: charge
      title: Charge limit
      measure: {accepts: charge-range-kept, refuses: range-refused, highest-current: variant-range,
        as-before: settings-restored}
      settings:
        - {setting: charge-overcurrent, range: charge-limit-range, outside: 1 A}
    - step: settings-ranges
      id: temperatures
      title: Temperatures
      measure: {accepts: temperature-range-kept, refuses: range-refused, as-before: settings-restored}
      settings:
        - {setting: charge-overtemperature, range: high-temperature-range, outside: 1 °C}
        - {setting: discharge-undertemperature-recovery, range: low-temperature-range, outside: 1 °C}
    - step: settings-ranges
      id: balance
      title: Balancing
      measure: {accepts: start-difference-range-kept, refuses: range-refused, resolves: balance-resolution,
        as-before: settings-restored}
      settings:
        - {setting: balance-start-difference, range: start-difference-range, outside: 1 mV, resolution: 1 mV}
    - step: settings-ranges
      id: count
      title: String count
      measure: {accepts: string-count-range-kept, refuses: range-refused, as-before: settings-restored}
      settings:
        - {setting: cell-count, range: string-count-range, outside: "1"}
    """

  @Test(arguments: ["200", "300"]) func `ranges are those of the variant`(variant: String) throws {
    let result = try SmallProcedure(steps: Self.ranges, variant: variant).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.numbers("highest-current") == [Double(variant)!])
    #expect(result.named("refuses").filter { $0.outcome == .pass }.count == 10)
  }

  @Test func `a unit that stores what is out of range fails there`() throws {
    let result = try SmallProcedure(steps: Self.ranges).run(unit: "memory: {range-check: false}")
    #expect(result.failedRequirements == ["SPEC-ID-02", "SPEC-SET-03"], "\(result.complaints)")
    #expect(result.named("restored").map(\.outcome) == [.pass])
    #expect(result.named("as-before").allSatisfy { $0.outcome == .pass })
  }

  @Test func `hardware of a smaller class under a larger label fails its class`() throws {
    let result = try SmallProcedure(steps: Self.ranges).run(
      unit: "memory: {current-class: 200 A}\nsettings: {charge-overcurrent: 200 A}")
    #expect(result.failedRequirements == ["SPEC-COC-02", "SPEC-ID-02"], "\(result.complaints)")
  }

  private static let persistence = """
    - step: settings-persistence
      id: persistence
      title: Persistence
      cycles: 5
      settings: {cell-overvoltage-recovery: 3.44 V, charge-overcurrent: 111 A}
      measure: {persists: settings-persist, cycles: information, starts-counted: information,
        as-before: settings-restored}
    """

  @Test func `settings survive every power cycle`() throws {
    let result = try SmallProcedure(steps: Self.persistence).run()
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.numbers("cycles") == [5])
    #expect(result.named("starts-counted").map(\.observation) == [.flag(true)])
    let forgetful = try SmallProcedure(steps: Self.persistence).run(unit: "firmware: {persistent: false}")
    #expect(forgetful.failedRequirements == ["SPEC-SET-02"], "\(forgetful.complaints)")
    #expect(forgetful.numbers("cycles") == [1])
  }

  private static let password = """
    - step: password-change
      id: password
      title: Password
      change: yes
      measure: {shown: password-shown, factory-default: information, new-accepted: password-changes,
        old-refused: password-changes, password-restored: password-changes}
    """

  @Test func `a password is changed and restored, and stands nowhere`() throws {
    let result = try SmallProcedure(steps: Self.password).run(unit: "identity: {password: '271828'}")
    #expect(result.verdict == .pass, "\(result.complaints)")
    #expect(result.named("password-restored").map(\.outcome) == [.pass])
    // The original, the one after it, and both as the bytes of a frame.
    for secret in ["271828", "382939", "323731383238", "333832393339"] {
      #expect(!result.journal.contains(secret))
    }
  }

  @Test(arguments: ["ignored", "forgotten"]) func `a password that does not change fails`(_ how: String)
    throws
  {
    let result = try SmallProcedure(steps: Self.password).run(unit: "memory: {password-change: \(how)}")
    #expect(result.failedRequirements == ["SPEC-COM-10"], "\(result.complaints)")
    #expect(
      result.measurements.filter { $0.outcome == .fail }.map(\.name) == ["new-accepted", "old-refused"])
  }

  @Test func `no password is changed on a rig whose file names no register`() throws {
    let small = SmallProcedure(
      steps: Self.password, rig: { $0.replacingOccurrences(of: "  password-register: 05/1B\n", with: "") })
    let result = try small.run(unit: "memory: {password-change: ignored}")
    #expect(result.verdict == .pass, "\(result.complaints)")
    for name in ["new-accepted", "old-refused", "password-restored"] {
      #expect(result.named(name).map(\.outcome) == [.notApplicable])
      #expect(result.named(name).first?.note.contains("password-register") == true)
    }
  }

  @Test(arguments: [("05/02", "balance_trigger_delta_v"), ("06/30", "no register of command 05")])
  func `a register that cannot be the password's is refused before the run`(
    _ register: String, _ words: String
  ) throws {
    let folder = NSTemporaryDirectory() + "password-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let rig = try String(contentsOfFile: Scenario.rigFile, encoding: .utf8)
    let path = folder + "/rig.yaml"
    try rig.replacingOccurrences(of: "05/1B", with: register)
      .write(toFile: path, atomically: true, encoding: .utf8)
    let findings = Preflight.check(file: path, rigPath: nil, date: "2026-06-01").findings
    #expect(findings.count == 1)
    #expect(findings.first?.message.contains(words) == true, "\(findings)")
  }

  private static let chemistry = """
    - step: chemistry-selection
      id: chemistry
      title: Chemistry
      measure: {selected: chemistry-selects, follows: information, thresholds: chemistry-thresholds,
        as-before: settings-restored}
    """

  @Test(arguments: [Chemistry.lfp, .lto]) func `every battery type can be selected`(own: Chemistry) throws {
    let good = try SmallProcedure(steps: Self.chemistry, chemistry: own).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    #expect(good.named("selected").count == 3)
  }

  @Test func `a unit that ignores its battery type fails`() throws {
    let stuck = try SmallProcedure(steps: Self.chemistry).run(unit: "memory: {type-selection: false}")
    #expect(stuck.failedRequirements == ["SPEC-ID-07"], "\(stuck.complaints)")
  }

  private static func consistency(_ protection: String) -> String {
    """
    - step: settings-consistency
      id: consistency
      title: Consistency
      protection: \(protection)
      measure: {refused: information, transitions: transitions-few, as-before: settings-restored}
    """
  }

  @Test(arguments: ["overcharge", "over-discharge"])
  func `a recovery on the wrong side must not chatter`(protection: String) throws {
    let good = try SmallProcedure(steps: Self.consistency(protection)).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    #expect(good.numbers("transitions") == [1])
    let bad = try SmallProcedure(steps: Self.consistency(protection)).run(
      unit: "memory: {chatters-on-wrong-side: true}")
    #expect(bad.failedRequirements == ["SPEC-SET-05"], "\(bad.complaints)")
  }

  @Test func `the rated current flows for its time, and hot switches end it`() throws {
    func steps(_ abort: String) -> String {
      """
      - step: continuous-current
        id: continuous
        title: Continuous
        duration: 600 s
        interval: 20 s
        abort-temperature: \(abort)
        measure: {carries: continuous-current, duration: information, switch-temperature: switch-temperature-max,
          as-before: settings-restored}
      """
    }
    let good = try SmallProcedure(steps: steps("100 °C")).run()
    #expect(good.verdict == .pass, "\(good.complaints)")
    #expect(good.numbers("duration").allSatisfy { $0 >= 600 })
    #expect(good.numbers("switch-temperature").allSatisfy { (40..<60).contains($0) })
    let hot = try SmallProcedure(steps: steps("100 °C")).run(unit: "path: {resistance: 3 mΩ}")
    #expect(hot.failedRequirements == ["SPEC-CUR-05"], "\(hot.complaints)")
    #expect(hot.numbers("duration").allSatisfy { $0 < 600 })
    #expect(hot.outcome.conclusion.safeStateConfirmed)
  }
}
