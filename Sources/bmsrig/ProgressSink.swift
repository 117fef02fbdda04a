import Model
import Reports
import Rigging

/// Shows events after they are on disk.
final class ProgressSink: RunObserver {
  enum Mode { case live, plain, json, silent }
  private let mode: Mode
  private var terminal: TerminalProgress
  private let stream = EventStreamJSON()

  init(mode: Mode) {
    self.mode = mode
    terminal = TerminalProgress(mode: mode == .live ? .live(width: 100) : .plain)
  }

  func observe(_ event: RunEvent) {
    switch mode {
    case .live, .plain:
      let text = terminal.text(for: event)
      if !text.isEmpty { Output.write(text) }
    case .json: Output.line(stream.line(for: event))
    case .silent: break
    }
  }
}
