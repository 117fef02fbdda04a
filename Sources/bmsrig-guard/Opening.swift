import CLinuxPorts
import Glibc
import Guarding
import Ports

/// What the controller says first: who it is, and the plan.
struct Opening {
  let plan: GuardPlan
  let controller: ControllerProcess
  private static let lengthMax = 1_000_000

  struct Refusal: Error, CustomStringConvertible { let description: String }

  static func read(from line: any StreamPort, deadline: WorldInstant) async throws -> Opening {
    var bytes: [UInt8] = []
    var head: [UInt8] = []
    var length = Int.max
    while bytes.count < length {
      bytes += try await line.receive(deadline: deadline)
      if head.isEmpty, let end = bytes.firstIndex(of: 0x0A) {
        head = Array(bytes[..<end])
        bytes.removeFirst(end + 1)
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        guard words.count == 2, let count = Int(words[1]), (1...lengthMax).contains(count) else {
          throw Refusal(description: "the controller's first line is not understood")
        }
        length = count
      }
      guard bytes.count <= lengthMax else { throw Refusal(description: "the plan is too long") }
    }
    let words = String(decoding: head, as: UTF8.self).split(separator: " ")
    guard bytes.count == length, let pid = Int32(words[0]), pid > 1 else {
      throw Refusal(description: "the controller's first line is not understood")
    }
    let plan = try GuardPlan(text: String(decoding: bytes, as: UTF8.self))
    return Opening(plan: plan, controller: try ControllerProcess(pid))
  }
}

/// The process that is watched, held by the kernel's handle: its number cannot come to mean another one.
struct ControllerProcess {
  private let handle: Int32
  init(_ pid: Int32) throws(Opening.Refusal) {
    handle = clp_process_open(pid)
    guard handle >= 0 else {
      throw Opening.Refusal(
        description: "the controller \(pid) cannot be held: \(String(cString: strerror(-handle)))")
    }
  }

  /// Ends it for good; harmless when it has ended already.
  func end() { _ = clp_process_kill(handle) }
}
