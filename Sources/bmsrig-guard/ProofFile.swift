import Glibc

/// Puts the proof beside the run's journal: complete or not at all.
enum ProofFile {
  static func write(_ text: String, to path: String) {
    guard !path.isEmpty else { return }
    let temporary = path + ".part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno != EINTR { break }
      written += max(0, count)
    }
    let isWhole = written == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    if isWhole { rename(temporary, path) } else { unlink(temporary) }
  }
}
