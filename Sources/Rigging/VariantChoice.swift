import Documents
import Model

/// Finds the specification of a sister variant: the file beside the procedure's own that is named after the model.
enum VariantChoice {
  /// - Parameter path: The specification that the procedure names.
  static func specification(_ path: String, model: String?) -> DocumentReading<SpecificationDocument> {
    let own = SpecificationDocument.load(path: path)
    guard let model, own.value?.specification.model != model else { return own }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let known = SpecificationDocument.models(in: folder)
    guard known.contains(model) else {
      return refuse(
        path, "there is no specification of '\(model)' beside this one",
        NearestName.suggestion(for: model, in: known))
    }
    let sister = folder + model.lowercased() + ".yaml"
    let reading = SpecificationDocument.load(path: sister)
    guard let document = reading.value, document.specification.model != model else { return reading }
    return refuse(
      sister, "this specification describes '\(document.specification.model)', not '\(model)'",
      "name the file after the model it describes")
  }

  private static func refuse(
    _ path: String, _ message: String, _ suggestion: String
  ) -> DocumentReading<SpecificationDocument> {
    DocumentReading(findings: [
      Finding(
        place: SourcePlace(file: path, line: 1, column: 1), message: message, suggestion: suggestion)
    ])
  }
}
