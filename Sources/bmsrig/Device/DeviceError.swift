import DUT
import Ports

/// Why a command about a unit ended, for people: what happened, what to check, and the exit code.
struct DeviceError: Error {
  let message: String
  let advice: String
  let code: ExitCode

  init(_ message: String, advice: String = "", code: ExitCode = .rigError) {
    self.message = message
    self.advice = advice
    self.code = code
  }

  init(_ error: PortError) {
    let withoutAdvice = PortError(
      error.code, attempted: error.attempted, port: error.port, cause: error.cause, bytesSeen: error.bytesSeen
    )
    self.init(
      withoutAdvice.description, advice: error.advice, code: error.code == .stopped ? .aborted : .rigError)
  }

  init(_ error: BMSLinkError) {
    let code: ExitCode =
      switch error.code {
      case .stopped: .aborted
      case .registerRefused, .registerUnsupported: .badInput
      case .noAnswer, .linkLost, .notOpen, .writesBlocked, .radio: .rigError
      }
    self.init(
      "unit \(error.peripheral): could not \(error.attempted): \(error.cause)", advice: error.advice,
      code: code)
  }

  /// Whatever a command ran into.
  init(_ error: any Error) {
    switch error {
    case let error as DeviceError: self = error
    case let error as PortError: self.init(error)
    case let error as BMSLinkError: self.init(error)
    case let error as WorldStopped: self.init("\(error)", code: .aborted)
    case is CancellationError: self.init("stopped", code: .aborted)
    default: self.init("\(error)")
    }
  }
}
