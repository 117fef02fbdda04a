import Foundation
import Model

/// The form of one journal line: `{"hash":"<64 hex>","event":<JSON>}`. The hash covers the hash of the line
/// before (64 zeros for the first) followed by the event's bytes exactly as they stand.
enum JournalLine {
  /// What stands in for the hash before the first line.
  static let origin = String(repeating: "0", count: 64)
  static let hashLength = 64
  static let head = Array(#"{"hash":""#.utf8)
  static let middle = Array(#"","event":"#.utf8)
  static let newline = UInt8(ascii: "\n")
  /// What stands before the event, with room for the hash.
  static let opening = head + [UInt8](repeating: UInt8(ascii: "0"), count: hashLength) + middle
  static let closing = [UInt8(ascii: "}"), newline]
  /// Longest line without its newline, bytes: the longest curve that a step draws is a hundredth of it.
  static let lengthMax = 16 << 20

  static func tooLong(_ count: Int) -> String {
    "it has \(count) bytes, more than any line of a journal (\(lengthMax))"
  }

  /// Why the text of an event cannot be taken for one, although it may be the authentic one.
  enum Refusal: Error {
    /// In a form that this version does not know.
    case unreadable(String)
    /// It says what cannot be; see `RunEvent.oddity`.
    case impossible(String)
  }

  static func event(_ bytes: ArraySlice<UInt8>, _ decoder: JSONDecoder) throws(Refusal) -> RunEvent {
    let event: RunEvent
    do { event = try decoder.decode(RunEvent.self, from: Data(bytes)) } catch {
      throw .unreadable("\(error)")
    }
    if let oddity = event.oddity { throw .impossible(oddity) }
    return event
  }

  /// - Parameter previous: The hash of the line before as it is printed, 64 bytes.
  static func hash(after previous: [UInt8], event: ArraySlice<UInt8>) -> [UInt8] {
    var hash = SHA256()
    previous.withUnsafeBufferPointer { hash.update($0) }
    event.withUnsafeBufferPointer { hash.update($0) }
    return hash.finishHex()
  }

  /// Hash and event bytes of a line without its newline; nil when it has another form.
  static func split(_ line: ArraySlice<UInt8>) -> (hash: ArraySlice<UInt8>, event: ArraySlice<UInt8>)? {
    let overhead = head.count + hashLength + middle.count
    guard line.count > overhead + 1, line.last == UInt8(ascii: "}"), line.starts(with: head) else {
      return nil
    }
    let hashStart = line.startIndex + head.count
    let hashEnd = hashStart + hashLength
    guard line[hashEnd...].starts(with: middle) else { return nil }
    let event = line[(hashEnd + middle.count)..<(line.endIndex - 1)]
    return (line[hashStart..<hashEnd], event)
  }
}
