import Glibc

/// Cuts bytes into lines as they come. Looks at each byte once and never holds more than one line.
struct LineCutter {
  enum Piece {
    /// Without its newline.
    case line(ArraySlice<UInt8>)
    /// Longer than `JournalLine.lengthMax`, in bytes; it was not kept.
    case tooLong(Int)
  }

  private var pending: [UInt8] = []
  /// Bytes of a line that is too long already.
  private var skipped = 0

  /// Bytes behind the last newline.
  var rest: Int { skipped + pending.count }

  mutating func take<Failure: Error>(
    _ bytes: ArraySlice<UInt8>, _ body: (Piece) throws(Failure) -> Void
  ) throws(Failure) {
    var bytes = bytes
    while let newline = Self.newline(in: bytes) {
      let end = bytes[..<newline]
      bytes = bytes[(newline + 1)...]
      if rest + end.count > JournalLine.lengthMax {
        try body(.tooLong(rest + end.count))
      } else if pending.isEmpty {
        try body(.line(end))
      } else {
        pending.append(contentsOf: end)
        try body(.line(pending[...]))
      }
      pending.removeAll(keepingCapacity: true)
      skipped = 0
    }
    if rest + bytes.count > JournalLine.lengthMax {
      skipped = rest + bytes.count
      pending.removeAll()
    } else {
      pending.append(contentsOf: bytes)
    }
  }

  private static func newline(in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { raw in
      guard let start = raw.baseAddress, let found = memchr(start, Int32(JournalLine.newline), raw.count)
      else {
        return nil
      }
      return bytes.startIndex + start.distance(to: UnsafeRawPointer(found))
    }
  }
}

/// Reading a file from its beginning to its end, in pieces.
enum JournalFile {
  private static let pieceLength = 1 << 16

  /// - Throws: `missing`, `denied`; `irregular` for pipes, devices and folders, which have no end or none that stays.
  static func read(_ path: String, _ body: (ArraySlice<UInt8>) throws(StoreError) -> Void) throws(StoreError)
  {
    // Without O_NONBLOCK a pipe would keep us until somebody writes to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path, attempt: "open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw StoreError(errno: errno, path: path, attempt: "read") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .irregular(path: path) }
    var piece = [UInt8](repeating: 0, count: pieceLength)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StoreError(errno: errno, path: path, attempt: "read") }
      if count == 0 { return }
      try body(piece[..<count])
    }
  }
}
