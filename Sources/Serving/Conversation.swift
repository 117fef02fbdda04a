import Ports
import Simulation

/// What one client says to a twin and when each reply is due: the half that every kind of served link shares.
///
/// Clients of one twin are kept apart the way instruments do: each has an input buffer of its own, and a reply goes to
/// the one that asked.
final class Conversation {
  /// Where a command ends.
  enum Ends {
    /// At a line feed.
    case lines
    /// The twin finds out by itself, from the bytes or the silence between them.
    case bytes
  }

  /// A command that is longer goes to the twin unfinished, which refuses it in its own way.
  static let bufferMax = 65_536

  private let plant: LivePlant
  private let twin: any InstrumentTwin
  private let ends: Ends
  private var input: [UInt8] = []
  private var outbox: [(at: WorldInstant, bytes: [UInt8], tag: UInt32)] = []

  init(plant: LivePlant, twin: any InstrumentTwin, ends: Ends = .lines) {
    self.plant = plant
    self.twin = twin
    self.ends = ends
  }

  /// Bytes of a stream in any pieces; whole commands go to the twin.
  func hear(_ bytes: [UInt8]) {
    if ends == .bytes { return deliver(bytes, tag: 0) }
    input += bytes
    guard
      let end = input.lastIndex(of: 0x0A).map({ $0 + 1 })
        ?? (input.count > Self.bufferMax ? input.count : nil)
    else { return }
    let commands = Array(input[..<end])
    input.removeFirst(end)
    deliver(commands, tag: 0)
  }

  /// One message of a link that keeps borders; its end ends the command.
  func hear(message: [UInt8], tag: UInt32) {
    deliver(message.last == 0x0A ? message : message + [0x0A], tag: tag)
  }

  private func deliver(_ bytes: [UInt8], tag: UInt32) {
    let now = plant.catchUp()
    let replies = twin.receive(bytes, at: now)
    plant.lookAtOutputs()
    for reply in replies where !reply.bytes.isEmpty {
      // A reply never overtakes an earlier one.
      outbox.append((max(now + reply.delay, outbox.last?.at ?? .start), reply.bytes, tag))
    }
  }

  /// When the next reply leaves.
  var nextDue: WorldInstant? { outbox.first?.at }
  var hasReplies: Bool { !outbox.isEmpty }

  /// The oldest reply if it is due at `now`.
  func takeDue(at now: WorldInstant) -> (bytes: [UInt8], tag: UInt32)? {
    guard let first = outbox.first, first.at <= now else { return nil }
    outbox.removeFirst()
    return (first.bytes, first.tag)
  }

  /// Drops replies that have not left yet.
  func dropReplies() { outbox = [] }

  /// A device clear: nothing of what was under way remains.
  func clear() {
    input = []
    outbox = []
    twin.clear(at: plant.catchUp())
  }
}
