import Foundation
import Glibc

/// Files of the store to which entries are only ever added, one JSON object a line.
extension RunStore {
  /// Adds an entry; it is on the disk when this returns.
  func append(_ entry: some Encodable, to file: String) throws(StoreError) {
    let place = path + "/" + file
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var line = try? encoder.encode(entry) else {
      throw .failed(path: place, attempt: "write", detail: "the text cannot be encoded")
    }
    line.append(0x0A)
    let descriptor = open(place, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: place, attempt: "open") }
    defer { close(descriptor) }
    // Half a line of a crash must not swallow this one.
    var last: UInt8 = 0x0A
    let end = lseek(descriptor, 0, SEEK_END)
    if end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != 0x0A {
      line.insert(0x0A, at: line.startIndex)
    }
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count, fsync(descriptor) == 0 else {
      throw StoreError(errno: errno, path: place, attempt: "write")
    }
  }

  /// All entries, oldest first. A line that a crash tore is left out: it was never confirmed to anybody.
  func entries<Entry: Decodable>(of file: String, as type: Entry.Type) throws(StoreError) -> [Entry] {
    let place = path + "/" + file
    guard access(place, F_OK) == 0 else { return [] }
    guard let text = FileManager.default.contents(atPath: place) else { throw .denied(path: place) }
    return text.split(separator: 0x0A).compactMap { try? JSONDecoder().decode(type, from: Data($0)) }
  }
}
