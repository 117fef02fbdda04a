import Foundation
import Model

extension JournalReader {
  /// Longest first or last line that is looked for, bytes.
  private static let lineMax = 1 << 20

  /// The first and the last event, without a look at what lies between them: for lists, and no proof of anything. nil
  /// for what is not there or cannot be read.
  func ends() -> (first: RunEvent?, last: RunEvent?) {
    guard let file = FileHandle(forReadingAtPath: path) else { return (nil, nil) }
    defer { try? file.close() }
    let newline = JournalLine.newline
    let head = (try? file.read(upToCount: Self.lineMax)) ?? Data()
    let first = head.firstIndex(of: newline).flatMap { Self.event(Array(head[..<$0])) }
    let size = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: size - min(size, UInt64(Self.lineMax)))
    var tail = (try? file.readToEnd()) ?? Data()
    guard tail.popLast() == newline else { return (first, nil) }
    let start = tail.lastIndex(of: newline).map { $0 + 1 } ?? tail.startIndex
    return (first, Self.event(Array(tail[start...])))
  }

  private static func event(_ line: [UInt8]) -> RunEvent? {
    JournalLine.split(line[...]).flatMap { try? JSONDecoder().decode(RunEvent.self, from: Data($0.event)) }
  }
}
