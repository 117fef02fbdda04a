import Ports

/// One connection of the guard: opened, told, asked. Every failure is an answer; nothing here gives up for good.
final class GuardLink {
  let plan: GuardPlan.Link
  private let world: any World
  private var stream: (any StreamPort)?
  private var messages: (any MessagePort)?
  private var earliest = WorldInstant.start
  /// Messages that left, orders and looks, in the order of their sending; `sentMax` at most.
  private(set) var sent: [(bytes: [UInt8], at: WorldInstant)] = []
  /// When the last message of an order left.
  private(set) var toldAt: WorldInstant?

  /// Longest time for one message to leave, and for one answer.
  static let patience = Interval.milliseconds(500)
  /// Longest answer that is read.
  static let answerMax = 4096
  /// Longest list of what was sent: what comes later repeats it.
  static let sentMax = 100

  init(_ plan: GuardPlan.Link, world: any World) {
    self.plan = plan
    self.world = world
  }

  var isOpen: Bool { stream != nil || messages != nil }

  func open(deadline: WorldInstant) async throws(PortError) {
    guard !isOpen else { return }
    switch plan.medium {
    case .stream: stream = try await world.openStream(plan.address, deadline: deadline)
    case .messages: messages = try await world.openMessages(plan.address, deadline: deadline)
    case .lines: break
    }
  }

  func close() {
    stream?.close()
    messages?.close()
    stream = nil
    messages = nil
  }

  /// Sends a message of an order.
  func tell(_ bytes: [UInt8]) async throws(PortError) {
    try await send(bytes)
    toldAt = world.now
  }

  func send(_ bytes: [UInt8]) async throws(PortError) {
    guard isOpen else { throw closed() }
    // Commands that come too fast are lost by some models.
    if world.now < earliest { try? await world.sleep(until: earliest) }
    let deadline = world.now + Self.patience
    if let stream { try await stream.send(bytes, deadline: deadline) }
    if let messages { try await messages.send(bytes, deadline: deadline) }
    if sent.count < Self.sentMax { sent.append((bytes, world.now)) }
    earliest = world.now + plan.gap
  }

  /// One question and its answer.
  func ask(_ look: GuardPlan.Look) async throws(PortError) -> [UInt8] {
    try await dropStale()
    try await send(look.question)
    let deadline = world.now + Self.patience
    if let messages { return try await messages.receive(deadline: deadline) }
    guard let stream else { throw closed() }
    var answer: [UInt8] = []
    while answer.count < Self.answerMax {
      answer += try await stream.receive(deadline: deadline)
      if let length = look.expected.length {
        if answer.count >= length { return answer }
      } else if answer.last == 0x0A {
        return answer
      }
    }
    throw PortError(
      .malformed, attempted: "hear an answer", port: plan.address.description, cause: "it has no end",
      bytesSeen: answer)
  }

  /// What waits already is no answer to what is asked now.
  private func dropStale() async throws(PortError) {
    guard let stream else { return }
    do throws(PortError) {
      for _ in 0..<16 { _ = try await stream.receive(deadline: world.now) }
    } catch {
      if error.code != .deadline { throw error }
    }
  }

  private func closed() -> PortError {
    PortError(.closed, attempted: "speak", port: plan.address.description, cause: "the link is not open")
  }
}
