import Model
import Store

/// What it costs to append one event to a journal.
enum JournalCost {
  static let events = 100_000
  /// Microseconds per event.
  static let goal = 5.0

  static func measure(in scratch: Scratch) throws -> String {
    let folder = scratch.path + "/journal.jsonl"
    let writer = try JournalWriter(creating: folder, durable: false)
    let traffic = Traffic(
      port: "reference", outgoing: false, bytes: "+3.30012345E+00,+3.30098765E+00,+3.29987654E+00\n",
      isText: true)
    let begin = Usage.now().cpu
    for sequence in 0..<events {
      try writer.append(
        RunEvent(sequence: sequence, nanoseconds: Int64(sequence) * 1_000_003, body: .traffic(traffic)))
    }
    let cost = (Usage.now().cpu - begin) / Double(events) * 1e6
    try writer.close()
    return "append \(fixed(cost, 2)) µs CPU per event, file write included (goal: \(fixed(goal, 0)) µs)"
  }
}
