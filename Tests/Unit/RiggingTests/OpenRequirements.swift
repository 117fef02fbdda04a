/// What is asked for and not yet verified. The list may only shrink: an entry that has got its step fails the tests,
/// and so does a requirement that has lost one.
enum OpenRequirements {
  static let all: [String] = lines.split(separator: "\n").flatMap { line in
    let words = line.split(separator: " ")
    return words.dropFirst().map { "SPEC-\($0) \(words[0])" }
  }

  private static let lines = """
    WAR ID-03 MECH-06 PWR-05 BUZ-07 ALM-06 SAF-02 SAF-03 UNB-01 STO-01 STO-02 WAR-03 WAR-05 WAR-24
    EOL ID-03 MECH-06 ACC-08 MEAS-01 COC-02 DOC-02 TMP-22 BAL-09 COM-10 ALM-03 SET-01 SAF-03
    DV MECH-01 MECH-02 MECH-03 MECH-04 ACC-02 CON-04 MEAS-01 COM-04 SAF-03 SAF-05
    """
}
