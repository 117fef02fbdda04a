import Capabilities
import Ports

/// Switching off by text commands.
extension SCPISession {
  /// - Parameters:
  ///   - commands: What switches off, in order.
  ///   - proofs: Questions and what their answers must be.
  func offWire(_ commands: [String], proofs: [(question: String, answer: OffWire.Proof.Answer)]) -> OffWire {
    OffWire(
      messages: commands.map(wire),
      proofs: proofs.map { OffWire.Proof(question: wire($0.question), answer: $0.answer) }, gap: dialect.gap)
  }

  /// A command as it stands on the wire.
  func wire(_ command: String) -> [UInt8] { Array((command + dialect.terminator).utf8) }

  /// Sends every command, also after one could not be sent.
  ///
  /// An instrument whose gap has not passed may lose what comes now, or it may take it: it is told at once, and again
  /// after the gap.
  /// - Throws: The first failure.
  func writeAllSafe(_ commands: [String]) async throws(InstrumentError) {
    if world.now < earliestSend { for command in commands { try? await put(command) } }
    var failure: InstrumentError?
    for command in commands {
      do throws(InstrumentError) { try await writeSafe(command) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }
}
