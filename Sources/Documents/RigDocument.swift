import Model
import Quantities

/// A rig file: instruments, roles, wiring, fences, safe state.
public struct RigDocument: Hashable, Sendable {
  public let rig: Rig
  public let reference: DocumentReference
  /// Where the due date of each calibrated instrument stands.
  let calibrations: [Calibrated]

  struct Calibrated: Hashable, Sendable {
    let instrument: String
    let date: String
    let due: String
    let place: SourcePlace
  }

  /// Checks this module cannot make itself. Each returns what is wrong with the text, or nil.
  public struct Checks: Sendable {
    public var address: @Sendable (String) -> String?
    public var driver: @Sendable (String) -> String?

    public init(
      address: @escaping @Sendable (String) -> String?, driver: @escaping @Sendable (String) -> String?
    ) {
      self.address = address
      self.driver = driver
    }
  }

  public static func load(path: String, checks: Checks) -> DocumentReading<RigDocument> {
    let reading = YAMLDocument.load(path: path)
    guard let document = reading.value else { return DocumentReading(findings: reading.findings) }
    return read(document, checks: checks)
  }

  public static func read(_ document: YAMLDocument, checks: Checks) -> DocumentReading<RigDocument> {
    let (draft, findings) = draft(document, checks: checks)
    return DocumentReading(draft, findings: findings)
  }

  /// Whatever can be made of a file, right or not, so that one mistake does not hide the others. Only a draft
  /// without findings may be opened.
  ///
  /// - Returns: nil as draft when the file is no table of keys.
  public static func draft(
    _ document: YAMLDocument, checks: Checks
  ) -> (draft: RigDocument?, findings: [Finding]) {
    let (values, findings) = FieldReader.read(RigFields.rig, in: document.root)
    guard case .table = document.root else { return (nil, findings) }
    var builder = RigBuilder(checks: checks)
    let rig = builder.rig(values)
    let reference = DocumentReference(
      name: rig.name, revision: rig.revision, contentHash: document.contentHash)
    return (
      RigDocument(rig: rig, reference: reference, calibrations: builder.calibrations),
      (findings + builder.findings).sorted()
    )
  }

  /// Instruments whose calibration does not cover a day.
  ///
  /// - Parameter date: ISO 8601 calendar date.
  public func calibrationFindings(on date: String) -> [Finding] {
    precondition(CalendarDate.isValid(date), "'\(date)' is no calendar date")
    return calibrations.compactMap { entry in
      if date > entry.due {
        return Finding(
          place: entry.place, message: "the calibration of '\(entry.instrument)' expired after \(entry.due)",
          suggestion: "have it calibrated and enter the new certificate")
      }
      if date < entry.date {
        return Finding(
          place: entry.place,
          message: "the calibration of '\(entry.instrument)' is dated \(entry.date), after today (\(date))",
          suggestion: "correct the date or the station's clock")
      }
      return nil
    }
  }
}
