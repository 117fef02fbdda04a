import Documents
import Model

/// Finds the specification of a sister variant: the file beside the procedure's own that is named after the model.
enum VariantChoice {
  /// - Parameter path: The specification that the procedure names.
  static func specification(_ path: String, model: String?) -> DocumentReading<SpecificationDocument> {
    let own = SpecificationDocument.load(path: path)
    guard let model, own.value?.specification.model != model else { return own }
    let sister = path.folder + model.lowercased() + ".yaml"
    let reading = SpecificationDocument.load(path: sister)
    guard let document = reading.value else {
      let missing = Finding(
        place: SourcePlace(file: sister, line: 1, column: 1),
        message: "there is no specification of '\(model)' that can be used",
        suggestion: "leave out --model, or name a model with a file in \(path.folder)")
      return DocumentReading(findings: [missing] + reading.findings)
    }
    guard document.specification.model == model else {
      return DocumentReading(findings: [
        Finding(
          place: SourcePlace(file: sister, line: 1, column: 1),
          message: "this specification describes '\(document.specification.model)', not '\(model)'",
          suggestion: "name the file after the model it describes")
      ])
    }
    return reading
  }
}

extension String {
  /// The folder of the file at this path, with its slash; empty for a bare name.
  fileprivate var folder: String {
    lastIndex(of: "/").map { String(self[...$0]) } ?? ""
  }
}
