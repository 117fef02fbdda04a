import Foundation
import Model

/// Results of a study, one line of JSON each, so that a study that was broken off can be gone on with.
final class ResultsFile {
  /// The first line: two studies with equal ones are the same study.
  struct Header: Codable, Hashable {
    var study: String
    var program: String
    var seed: UInt64
    /// Runs in all.
    var planned: Int
    /// Name or path, then SHA-256, of every file that has a say.
    var documents: [String]
  }

  /// What a line holds: one of these.
  struct Line: Codable {
    var header: Header?
    var result: StudyResult?
    /// Everything a population has added up so far.
    var checkpoint: PopulationTally?
  }

  private let path: String
  private let handle: FileHandle
  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private init(path: String, handle: FileHandle) {
    self.path = path
    self.handle = handle
  }

  /// - Parameter isAnchor: Lines after the last anchor are dropped: what they say is not complete.
  /// - Returns: The file, and the lines after the header that stand.
  static func open(
    _ path: String, header: Header, resumes: Bool, isAnchor: (Line) -> Bool
  ) throws(StudyError) -> (file: ResultsFile, lines: [Line]) {
    guard FileManager.default.fileExists(atPath: path) else {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw StudyError("'\(path)' cannot be written", advice: "check the folder and its permissions")
      }
      let file = ResultsFile(path: path, handle: try handle(path))
      try file.append(Line(header: header))
      return (file, [])
    }
    guard resumes else {
      throw StudyError("'\(path)' exists", advice: "add --resume to go on with it, or name another file")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw StudyError("'\(path)' cannot be read", advice: "check its permissions")
    }
    let (lines, length) = try read([UInt8](data), path: path, header: header, isAnchor: isAnchor)
    let handle = try handle(path)
    do {
      try handle.truncate(atOffset: UInt64(length))
      try handle.seekToEnd()
    } catch {
      throw StudyError("'\(path)' cannot be gone on with: \(error)", advice: "name another file")
    }
    return (ResultsFile(path: path, handle: handle), lines)
  }

  private static func handle(_ path: String) throws(StudyError) -> FileHandle {
    guard let handle = FileHandle(forUpdatingAtPath: path) else {
      throw StudyError("'\(path)' cannot be written", advice: "check the folder and its permissions")
    }
    return handle
  }

  /// - Returns: Lines after the header up to the last anchor, and where that ends.
  private static func read(
    _ bytes: [UInt8], path: String, header: Header, isAnchor: (Line) -> Bool
  ) throws(StudyError) -> (lines: [Line], length: Int) {
    var lines: [Line] = []
    var anchored = (count: 0, length: 0)
    var start = 0
    // A line without end was cut off while it was written.
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes[start..<end])) else { break }
      if start == 0 {
        guard line.header == header else { throw differs(path, line.header, header) }
        anchored.length = end + 1
      } else {
        lines.append(line)
        if isAnchor(line) { anchored = (lines.count, end + 1) }
      }
      start = end + 1
    }
    guard anchored.length > 0 else {
      throw StudyError("'\(path)' is no file of results", advice: "name another file")
    }
    return (Array(lines.prefix(anchored.count)), anchored.length)
  }

  private static func differs(_ path: String, _ old: Header?, _ new: Header) -> StudyError {
    let changed = zip(old?.documents ?? [], new.documents).first { $0.0 != $0.1 }?.1.prefix { $0 != " " }
    let what = changed.map { "'\($0)' has changed" } ?? "program, seed or number of runs differ"
    return StudyError(
      "'\(path)' holds the results of another study: \(what)",
      advice: "name another file, or go back to the files of that study")
  }

  func append(_ line: Line) throws(StudyError) {
    do {
      try handle.write(contentsOf: try Self.encoder.encode(line) + [UInt8(ascii: "\n")])
    } catch {
      throw StudyError("'\(path)' cannot be written: \(error)", advice: "make room, then go on with --resume")
    }
  }
}
