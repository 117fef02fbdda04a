/// The text of a procedure, for tests that need few steps around what they look at.
public struct ProcedureText {
  public var name = "short"
  public var workflow = "DV"
  /// Path of the specification.
  public var specification: String
  /// As in the file, e.g. `60 s`.
  public var duration = "60 s"
  /// What stands below `phases:`, from the first column on.
  public var phases: String
  /// Steps of the closing phase, from the first column on; a procedure without any has no closing phase.
  public var closing: [String]

  /// - Parameter specification: Path of the specification.
  public init(specification: String, phases: String, closing: [String]) {
    self.specification = specification
    self.phases = phases
    self.closing = closing
  }

  public var text: String {
    """
    procedure: \(name)
    title: A procedure of a test
    revision: "1"
    workflow: \(workflow)
    specification: \(specification)
    unit: {chemistry: LFP, cells: 24}
    decision:
      critical: {guard: 1.0}
      other: {guard: 0.83}
    expected-duration: \(duration)
    phases:
    \(Self.indented(phases, 2))
    \(closing.isEmpty ? "" : Self.end(closing))
    """
  }

  private static func end(_ steps: [String]) -> String {
    """
    closing:
      phase: closing
      title: Closing
      steps:
    \(indented(steps.joined(separator: "\n"), 4))

    """
  }

  /// One phase of these steps.
  public static func phase(_ name: String, _ steps: [String]) -> String {
    """
    - phase: \(name)
      title: The phase '\(name)'
      steps:
    \(indented(steps.joined(separator: "\n"), 4))
    """
  }

  public static func indented(_ text: String, _ columns: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.isEmpty ? "" : String(repeating: " ", count: columns) + $0
    }.joined(separator: "\n")
  }

  // MARK: steps

  /// Judged as at the end of the line.
  public static let powerUp = """
    - step: power-up
      id: power-up
      title: Power-up
      measure:
        advertises: bluetooth
        first-advertisement: first-advertisement
        connects: bluetooth
        connect-time: connect-time
        beeps: poweron-beeps
        green-light: green-led
        blue-advertising: blue-led-advertising
        board-drop: board-drop
    """

  /// Nothing but Bluetooth is judged.
  public static let powerUpNoted = """
    - step: power-up
      id: power-up
      title: Power-up
      measure:
        {advertises: bluetooth, first-advertisement: information, connects: bluetooth, board-drop: information,
         connect-time: information, beeps: information, green-light: information, blue-advertising: information}
    """

  public static let archive = """
    - step: settings-archive
      id: archive
      title: Archive
      measure: {stable: settings-stable, default: information, cell-count: information}
      defaults: {cell-overvoltage-protection: ovp-trip}
    """

  public static let balancingOff = """
    - step: settings-write
      id: quiet
      title: Balancing off
      measure: {written: settings-written}
      settings: {balancing: 0}
    """

  /// - Parameter cycles: Whether the unit's power is cycled to prove it.
  public static func restore(cycles: Bool) -> String {
    """
    - step: settings-restore
      id: restore
      title: Restore
      power-cycle: \(cycles ? "yes" : "no")
      measure: {restored: settings-restored}
    """
  }
}
