/// What is asked for and not yet verified. The list may only shrink: an entry that has got its step fails the tests,
/// and so does a requirement that has lost one.
enum OpenRequirements {
  static let all: [String] = lines.split(separator: "\n").flatMap { line in
    let words = line.split(separator: " ")
    return words.dropFirst().map { "SPEC-\($0) \(words[0])" }
  }

  private static let lines = """
    INC ID-03 MECH-01 MECH-02 MECH-03 MECH-04 MECH-05 MECH-06 ACC-01 ACC-02 ACC-03 ACC-04 ACC-05
    INC ACC-06 ACC-07 ACC-08 CON-04 CON-08 SAF-02 SAF-03 SAF-05 UNB-01 UNB-02 TRN-01 TRN-02 STO-01
    INC STO-02 STO-03 WAR-21
    WAR ID-03 ID-04 MECH-06 PWR-05 BUZ-07 COM-06 ALM-06 SAF-02 SAF-03 UNB-01 UNB-02 STO-01 STO-02
    WAR WAR-01 WAR-02 WAR-03 WAR-04 WAR-05 WAR-11 WAR-12 WAR-13 WAR-14 WAR-15 WAR-16 WAR-22 WAR-24
    EOL ID-03 MECH-06 ACC-08 MEAS-01 COC-02 DOC-02 TMP-22 BAL-09 COM-10 ALM-03 SET-01 SAF-03
    DV ID-06 MECH-01 MECH-02 MECH-03 MECH-04 MECH-05 ACC-02 CON-04 CON-09 MEAS-01 COM-04 COM-05 SAF-03
    DV SAF-05 ENV-02
    """
}
