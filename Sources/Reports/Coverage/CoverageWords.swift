import Model

/// How the matrix speaks, the same in the terminal and on the page.
enum CoverageWords {
  /// Steps that verify, each once with its measurements, in the order of the procedures.
  struct StepText: Hashable {
    var procedure: String
    var step: String
    var title: String
    var measurements: [String]
    var isRecord: Bool
    /// Empty when it holds for all three chemistries.
    var chemistries: [Chemistry]
  }

  static func steps(_ cell: CoverageMatrix.Cell) -> [StepText] {
    var texts: [StepText] = []
    for evidence in cell.evidence {
      let all = evidence.chemistries.count == Chemistry.allCases.count
      let chemistries = all ? [] : evidence.chemistries
      let name = evidence.measurement.isEmpty ? evidence.limit : evidence.measurement
      let index = texts.firstIndex {
        $0.procedure == evidence.procedure && $0.step == evidence.step && $0.chemistries == chemistries
          && $0.isRecord == (evidence.kind == .recorded)
      }
      if let index {
        if !texts[index].measurements.contains(name) { texts[index].measurements.append(name) }
      } else {
        texts.append(
          StepText(
            procedure: evidence.procedure, step: evidence.step,
            title: evidence.stepTitle.isEmpty ? evidence.step : evidence.stepTitle, measurements: [name],
            isRecord: evidence.kind == .recorded, chemistries: chemistries))
      }
    }
    return texts
  }

  static func state(_ state: CoverageMatrix.State) -> String {
    switch state {
    case .verified: "verified"
    case .reason: "not verified, for a reason"
    case .gap: "gap"
    case .extra: "verified beyond what is asked"
    case .notAsked: "not asked"
    }
  }

  /// `EOL (1pt)`
  static func workflow(_ cell: CoverageMatrix.Cell) -> String {
    cell.workflow.rawValue + (cell.form.isEmpty ? "" : " (\(cell.form))")
  }

  /// Reasons with the requirements and workflows they hold for, in the order of the specification.
  static func reasons(_ matrix: CoverageMatrix) -> [(requirement: Requirement, place: String, text: String)] {
    matrix.rows.flatMap { row -> [(requirement: Requirement, place: String, text: String)] in
      if row.isAskedNowhere {
        return row.requirement.unverified.general.map { [(row.requirement, "no workflow", $0)] } ?? []
      }
      var found: [(requirement: Requirement, place: String, text: String)] = []
      for cell in row.cells where cell.state == .reason {
        if let index = found.firstIndex(where: { $0.text == cell.reason }) {
          found[index].place += ", \(workflow(cell))"
        } else {
          found.append((row.requirement, workflow(cell), cell.reason))
        }
      }
      return found
    }
  }

  /// `OVP` of `SPEC-OVP-01`.
  static func area(_ requirement: Requirement) -> String {
    let parts = requirement.id.split(separator: "-")
    return parts.count > 2 ? String(parts[1]) : requirement.id
  }

  /// `OVP · overcharge`; an area that is not known stands by its letters.
  static func title(area: String) -> String {
    let words = [
      "ID": "identity", "MECH": "size and material", "ACC": "accessories", "CON": "connectors",
      "PWR": "supply and start", "MEAS": "readings", "OVP": "overcharge", "UVP": "over-discharge",
      "COC": "charge overcurrent", "DOC": "discharge overcurrent", "CUR": "continuous current",
      "SCP": "short circuit", "OTC": "charge over-temperature", "UTC": "charge low temperature",
      "OTD": "discharge over-temperature", "UTD": "discharge low temperature", "TMP": "temperature sensors",
      "FET": "power path", "BAL": "balancing", "LED": "lights", "BUZ": "buzzer", "COM": "interfaces",
      "ALM": "wiring alarms", "SET": "settings", "SAF": "safety", "ENV": "environment", "UNB": "unpacking",
      "TRN": "transport", "STO": "storage", "WAR": "warranty",
    ]
    return words[area].map { "\(area) · \($0)" } ?? area
  }
}
