import Model

extension StudyReport {
  /// One report of several: matrices of the same catalogue side by side, populations one after the other.
  ///
  /// - Throws: When matrices of different catalogues or rigs are to be joined.
  public static func joined(_ parts: [StudyReport]) throws(StudyError) -> StudyReport {
    guard var whole = parts.first else {
      throw StudyError("no report was given", advice: "name the JSON reports of studies")
    }
    for part in parts.dropFirst() {
      guard part.rig == whole.rig else {
        throw StudyError(
          "the studies were made with different rigs, '\(whole.rig.name)' and '\(part.rig.name)'",
          advice: "put only studies of one rig file on a page")
      }
      let shift = whole.procedures.count
      whole.procedures += part.procedures
      whole.populations += part.populations.map { figures in
        var moved = figures
        moved.procedure += shift
        return moved
      }
      try whole.join(part.matrix, at: shift)
      whole.stopped = whole.stopped ?? part.stopped
    }
    return whole
  }

  private mutating func join(_ other: DefectMatrix?, at shift: Int) throws(StudyError) {
    guard let other else { return }
    guard var own = matrix else {
      matrix = other
      matrixProcedures = other.rows.first.map { row in row.cells.indices.map { $0 + shift } } ?? []
      return
    }
    guard own.rows.map(\.unit) == other.rows.map(\.unit), own.repeats == other.repeats, own.seed == other.seed
    else {
      throw StudyError(
        "the defects of two reports differ", advice: "make them with the same catalogue, seed and --repeat")
    }
    for index in own.rows.indices { own.rows[index].cells += other.rows[index].cells }
    matrixProcedures += (other.rows.first?.cells.indices).map { range in range.map { $0 + shift } } ?? []
    matrix = own
  }
}
