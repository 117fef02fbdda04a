import Foundation
import Model

/// The report of a study for other programs, and for putting several studies on one page.
public enum StudyJSON {
  public static func render(_ report: StudyReport) -> [UInt8] { text(report) }
  public static func render(_ report: FaultStudyReport) -> [UInt8] { text(report) }

  private static func text(_ report: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    // Figures that are no numbers cannot come about: every spread rests on finite measurements.
    guard let data = try? encoder.encode(report) else { preconditionFailure("a figure is not finite") }
    return [UInt8](data) + [UInt8(ascii: "\n")]
  }

  /// - Returns: nil when the bytes are no report of a study.
  public static func report(_ bytes: [UInt8]) -> StudyReport? {
    try? JSONDecoder().decode(StudyReport.self, from: Data(bytes))
  }
}
