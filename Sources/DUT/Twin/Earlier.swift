import Ports

/// The earlier of two instants; nil means that nothing will happen.
func earlier(_ a: WorldInstant?, _ b: WorldInstant?) -> WorldInstant? {
  guard let a else { return b }
  guard let b else { return a }
  return min(a, b)
}
