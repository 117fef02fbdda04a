import Engine
import Model

extension StepContext {
  /// Upper edge of the window by which a measurement is judged; nil when it is not judged, or has none.
  func high(of measurement: String) -> Double? {
    guard case .limit(let id, _)? = step.measure.first(where: { $0.name == measurement })?.use else {
      return nil
    }
    return limits.window(id)?.high
  }
}
