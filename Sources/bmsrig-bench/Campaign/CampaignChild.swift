import CLinuxPorts
import Foundation
import Glibc

/// A controller that the campaign started: with its output in a file, or at a terminal of its own as a person has it.
final class CampaignChild {
  let pid: pid_t
  private let terminal: Terminal?

  struct Refused: Error, CustomStringConvertible {
    let description: String
    init(_ code: Int32, _ attempted: String) {
      description = "\(attempted): \(String(cString: strerror(-code)))"
    }
  }

  /// - Parameters:
  ///   - output: Path of the file that what it prints goes to.
  ///   - atTerminal: It leads a session whose terminal can be closed.
  init(program: String, arguments: [String], folder: String, output: String, atTerminal: Bool) throws {
    terminal = atTerminal ? try Terminal(output: output) : nil
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: Int32 = 0
    let place = terminal?.path
    let problem = clp_spawn_in(
      folder, &words, place ?? "/dev/null", place ?? output, place ?? output + ".errors", atTerminal, &pid)
    self.pid = pid
    guard problem == 0 else { throw Refused(problem, "start \(program)") }
  }

  /// - Returns: Whether it had one.
  func closeTerminal() -> Bool { terminal?.hangUp() ?? false }

  func end(by signal: Int32) -> Bool { kill(pid, signal) == 0 }

  /// Waits until it has ended.
  func wait() {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    _ = terminal?.hangUp()
  }

  /// Whether it has not ended. Leaves its end for `wait` to fetch.
  var isRunning: Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0
      && information._sifields._sigchld.si_pid == 0
  }
}

/// A terminal of which we hold the end where a person would sit. What comes over it goes to a file.
private final class Terminal: @unchecked Sendable {
  // Unchecked: `own` is touched with `lock` held.
  private let lock = NSLock()
  private var own: Int32
  let path: String

  init(output: String) throws {
    var name = [CChar](repeating: 0, count: 128)
    own = clp_pseudo_terminal(&name, name.count)
    guard own >= 0 else { throw CampaignChild.Refused(own, "open a terminal") }
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = open(output, O_WRONLY | O_APPEND | O_CLOEXEC)
    Thread { [self] in
      while copy(to: file) { usleep(1000) }
      close(file)
    }.start()
  }

  /// - Returns: False once it is closed.
  private func copy(to file: Int32) -> Bool {
    lock.withLock {
      guard own >= 0 else { return false }
      var buffer = [UInt8](repeating: 0, count: 4096)
      while case let count = read(own, &buffer, buffer.count), count > 0 { _ = write(file, buffer, count) }
      return true
    }
  }

  func hangUp() -> Bool {
    lock.withLock {
      guard own >= 0 else { return false }
      close(own)
      own = -1
      return true
    }
  }
}
