import Dispatch
import Glibc
import Ports

/// The worker threads of the language's runtime.
///
/// The first of them, started whenever the first job is left to them, opens descriptors, and ends the program where
/// none is left. So it is started while nothing is energised.
enum WorkerThreads {
  /// Descriptors that must be free: three that the runtime opens, and room for others that work meanwhile.
  private static let room = 8

  /// Has the first worker started; returns when it runs.
  ///
  /// - Throws: `PortError` when the process has not descriptors enough.
  static func start() throws(PortError) {
    try seeRoom()
    let started = DispatchSemaphore(value: 0)
    DispatchQueue.global().async { started.signal() }
    started.wait()
  }

  private static func seeRoom() throws(PortError) {
    var opened: [CInt] = []
    defer { for descriptor in opened { close(descriptor) } }
    for _ in 0..<room {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw PortError(
          .refused, attempted: "begin", port: "this process", cause: String(cString: strerror(errno)),
          advice: "Let it open more files (ulimit -n)")
      }
      opened.append(descriptor)
    }
  }
}
