import Foundation
import Glibc

/// What the served instruments wrote about their outputs.
struct OutputWitness {
  let path: String

  struct Change {
    let at: Int64
    let name: String
    let on: Int

    /// `source 0 after 1.2 ms`
    func words(since begin: Int64) -> String {
      "\(name) \(on) after \(fixed(Double(at - begin) / 1e6, 1)) ms"
    }
  }

  /// Everything from a byte of the file on.
  func changes(from offset: UInt64 = 0) -> [Change] {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? file.close() }
    try? file.seek(toOffset: offset)
    let data = (try? file.readToEnd()) ?? nil
    let text = String(decoding: data ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let at = Int64(words[0]), let on = Int(words[2]) else { return nil }
      return Change(at: at, name: String(words[1]), on: on)
    }
  }

  var length: UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// Outputs on by instrument after all changes.
  static func state(_ changes: [Change]) -> [String: Int] {
    var on: [String: Int] = [:]
    for change in changes { on[change.name] = change.on }
    return on
  }
}

/// CLOCK_MONOTONIC, as the instruments' log has it.
func kernelNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Lines that leave this process at once.
enum Line {
  static func write(_ text: String) {
    _ = text.withCString { Glibc.write(STDOUT_FILENO, $0, strlen($0)) }
  }
}
