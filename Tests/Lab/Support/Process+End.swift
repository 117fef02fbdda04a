import Foundation

extension Process {
  /// Waits until the program has ended. Foundation's own `waitUntilExit` waits for ever when another program of this
  /// process ended meanwhile: the word of it reaches the wrong run loop.
  func waitForEnd() {
    while isRunning { usleep(1000) }
  }
}
