/// Requirements that no unit file breaks, and why. Each other one has a defect in `Rigs/Units`.
enum UnbreakableRequirements {
  static let reasons: [String: String] = rig.merging(words) { first, _ in first }
    .merging(desk) { first, _ in first }.merging(model) { first, _ in first }

  /// About the rig and the station.
  private static let rig = [
    "SPEC-CON-07": "it is the order of the rig's own wires",
    "SPEC-PWR-10": "it is the order in which the rig connects",
    "SPEC-SAF-01": "it is the rig that must be dead before it is touched",
    "SPEC-SAF-03": "the station checks its wrist straps",
  ]

  /// Sentences without something to measure on one unit.
  private static let words = [
    "SPEC-ID-05": "it is a rule about what a procedure covers",
    "SPEC-FET-01": "the one pair of terminals belongs to the design; a unit cannot have two",
    "SPEC-OVP-25": "it is an inside view of the design",
    "SPEC-BAL-15": "it is advice to the user",
    "SPEC-BAL-19": "it concerns several units wired together",
    "SPEC-COM-07": "the phone app scans, not the unit",
  ]

  /// Rules of the warranty desk: about papers, dates and people.
  private static let desk = [
    "SPEC-ID-04": "it is about the invoice",
    "SPEC-COM-06": "it is a question to the owner",
    "SPEC-SET-07": "the archive is taken by the rig; what the owner has set is no defect",
    "SPEC-WAR-01": "it is about dates", "SPEC-WAR-02": "it is about dates",
    "SPEC-WAR-03": "it is about dates",
    "SPEC-WAR-04": "it is about the maker's answer", "SPEC-WAR-05": "a person names the cause",
    "SPEC-WAR-11": "it is about the owner", "SPEC-WAR-12": "it is about the owner",
    "SPEC-WAR-13": "it is about the owner", "SPEC-WAR-14": "it is about the owner",
    "SPEC-WAR-15": "it is about the carrier", "SPEC-WAR-16": "it is about neither maker nor unit",
    "SPEC-WAR-22": "it is about the workshop", "SPEC-WAR-23": "it is about law",
    "SPEC-WAR-24": "it is about the report",
  ]

  /// Defects that the simulated unit cannot have.
  private static let model = [
    "SPEC-ENV-01": "temperature of the board is not simulated",
    "SPEC-MEAS-10": "calibration registers are not simulated, and the rig refuses to write them",
  ]
}
