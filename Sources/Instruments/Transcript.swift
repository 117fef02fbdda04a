import Capabilities

/// An exchange sequence as the maker's documents (or a working bench) show it. Driver and twin must both agree:
/// the driver sends exactly these commands while it performs `action`, the twin answers them like this.
public struct Transcript {
  public struct Exchange: Hashable, Sendable {
    /// Without terminator; lower-case hex where the wire carries frames.
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
  /// What the twin must have heard before, in the form of `sent`: an earlier part of the conversation.
  public let prepare: [String]

  public init(
    title: String, source: String, options: [String: String] = [:], exchanges: [Exchange],
    prepare: [String] = [],
    action: @escaping (any Instrument) async throws -> Void
  ) {
    self.title = title
    self.source = source
    self.options = options
    self.exchanges = exchanges
    self.prepare = prepare
    self.action = action
  }
}
