import Ports

/// The guard as a record has it: it says what it said, and does nothing.
public final class PlayedGuard: GuardPort {
  public let words: String
  private let end: (words: String, confirmed: Bool)?

  /// - Parameters:
  ///   - words: What it said when it was armed.
  ///   - end: What it said after it had taken over; nil when it had not.
  public init(words: String, end: (words: String, confirmed: Bool)?) {
    self.words = words
    self.end = end
  }

  public func beat() async throws(PortError) {}
  public func release(deadline: WorldInstant) async throws(PortError) {}

  public func handOver(deadline: WorldInstant) async throws(PortError) -> (words: String, confirmed: Bool) {
    guard let end else {
      throw PortError(
        .closed, attempted: "hand over to the guard", port: "guard",
        cause: "it did not take over in the record")
    }
    return end
  }

  public func close() {}
}
