import Capabilities

/// An exchange sequence as the maker's documents (or a working bench) show it. Driver and twin must both agree:
/// the driver sends exactly these commands while it performs `action`, the twin answers them like this.
public struct Transcript {
  public struct Exchange: Hashable, Sendable {
    /// Without terminator.
    public let sent: String
    /// nil: the command has no reply.
    public let reply: String?
    public init(_ sent: String, _ reply: String? = nil) {
      self.sent = sent
      self.reply = reply
    }
  }

  public let title: String
  /// Document and section, or how it was obtained.
  public let source: String
  /// Driver options in force.
  public let options: [String: String]
  /// What is asked of the freshly made (not yet opened) driver.
  public let action: (any Instrument) async throws -> Void
  public let exchanges: [Exchange]

  public init(
    title: String, source: String, options: [String: String] = [:], exchanges: [Exchange],
    action: @escaping (any Instrument) async throws -> Void
  ) {
    self.title = title
    self.source = source
    self.options = options
    self.exchanges = exchanges
    self.action = action
  }
}
