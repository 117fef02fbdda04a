/// Carries a value that is not `Sendable` into a child task of the same world. Right only because all tasks of a world
/// run on its one thread: never hand one to a thread of its own.
public struct Confined<Value>: @unchecked Sendable {
  public let value: Value
  public init(_ value: Value) { self.value = value }
}
