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

  static func hash(after previous: String, event: some Sequence<UInt8>) -> String {
    var bytes = Array(previous.utf8)
    bytes.append(contentsOf: event)
    return SHA256.hex(of: bytes)
  }

  /// The line with its newline, written into `buffer` so that its memory is used again.
  static func write(hash: String, event: some Sequence<UInt8>, into buffer: inout [UInt8]) {
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: head)
    buffer.append(contentsOf: hash.utf8)
    buffer.append(contentsOf: middle)
    buffer.append(contentsOf: event)
    buffer.append(UInt8(ascii: "}"))
    buffer.append(newline)
  }

  /// Hash and event bytes of a line without its newline; nil when it has another form.
  static func split(_ line: ArraySlice<UInt8>) -> (hash: String, event: ArraySlice<UInt8>)? {
    let overhead = head.count + hashLength + middle.count
    guard line.count > overhead + 1, line.last == UInt8(ascii: "}"), line.starts(with: head) else {
      return nil
    }
    let hashStart = line.startIndex + head.count
    let hashEnd = hashStart + hashLength
    guard line[hashEnd...].starts(with: middle) else { return nil }
    let event = line[(hashEnd + middle.count)..<(line.endIndex - 1)]
    return (String(decoding: line[hashStart..<hashEnd], as: UTF8.self), event)
  }
}
