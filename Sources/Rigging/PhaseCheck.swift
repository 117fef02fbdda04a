import Documents
import Model

/// Checks a phase in a file of its own, as far as that goes without the procedures that include it: shape, step kinds,
/// parameters, names of measurements. Limits and rig are checked with each procedure.
enum PhaseCheck {
  static func findings(_ document: YAMLDocument) -> [Finding] {
    let (phase, found) = ProcedureDocument.phase(document)
    var check = ProcedureCheck(procedure: .holding(phase), limits: nil, path: document.file)
    check.runSteps()
    return found + check.findings
  }
}

extension Procedure {
  fileprivate static func holding(_ phase: ProcedurePhase) -> Procedure {
    let rule = DecisionRule(name: "", guardFactor: 0)
    return Procedure(
      name: "", title: "", revision: "", workflow: .endOfLine, specification: "", chemistry: .lfp,
      cellCount: 24, criticalRule: rule, otherRule: rule, expectedDuration: .zero, phases: [phase],
      closing: nil)
  }
}
