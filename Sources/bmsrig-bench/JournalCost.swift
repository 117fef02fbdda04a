import Foundation
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
    let chain = try chainCost(folder)
    return
      "append \(fixed(cost, 2)) µs CPU per event, file write included (goal: \(fixed(goal, 0)) µs); the hash chain is "
      + "\(fixed(chain, 2)) µs of it (\(fixed(100 * chain / cost, 0)) %)"
  }

  /// What hashing the same lines alone costs, microseconds per event.
  private static func chainCost(_ path: String) throws -> Double {
    let line = try Array(String(contentsOfFile: path, encoding: .utf8).prefix { $0 != "\n" }.utf8)
    let begin = Usage.now().cpu
    var sum = 0
    for _ in 0..<events { sum += SHA256.hex(of: line).count }
    precondition(sum == 64 * events)
    return (Usage.now().cpu - begin) / Double(events) * 1e6
  }
}
