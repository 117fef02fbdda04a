import Model

/// The unit's lights.
public enum Light: String, Hashable, Sendable, CaseIterable {
  case blue, red, yellow, green

  public var role: RoleName {
    switch self {
    case .blue: .blueLED
    case .red: .redLED
    case .yellow: .yellowLED
    case .green: .greenLED
    }
  }
}
