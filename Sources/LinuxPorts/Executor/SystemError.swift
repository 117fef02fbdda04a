import Glibc

/// An error number of the kernel.
struct SystemError: Error, Hashable {
  let number: Int32

  /// The error of the call just made on this thread.
  static var last: SystemError { SystemError(number: errno) }

  /// The C library's words, e.g. "Connection refused".
  var words: String { Self.words(number) }

  static func words(_ number: Int32) -> String { String(cString: strerror(number)) }
}
