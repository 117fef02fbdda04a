import Glibc
import Model
import Reports
import Rigging

/// Shows events after they are on disk. Whoever reads them may stop: the run does not wait for that.
final class ProgressSink: RunObserver {
  enum Mode { case live, plain, json, silent }
  private let mode: Mode
  private var terminal: TerminalProgress
  private let stream = EventStreamJSON()
  private let writer = PatientWriter(descriptor: STDOUT_FILENO)
  /// Questions at the terminal come after the progress before them; a reader that stopped costs a run this, in seconds.
  private static let patience = 0.02

  init(mode: Mode) {
    self.mode = mode
    terminal = TerminalProgress(mode: mode == .live ? .live(width: 100) : .plain)
  }

  func observe(_ event: RunEvent) {
    switch mode {
    case .live, .plain:
      let text = terminal.text(for: event)
      if !text.isEmpty { writer.write(text, patience: Self.patience) }
    case .json: writer.write(stream.line(for: event) + "\n")
    case .silent: break
    }
  }

  /// Hands over what is left. Waits for the reader, so only when nothing is energised any more.
  func finish() { writer.finish() }
}
