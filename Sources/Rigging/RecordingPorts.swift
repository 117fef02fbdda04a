import Ports

/// Sees every byte of a port before the driver does.
typealias TrafficTap = (_ outgoing: Bool, _ bytes: [UInt8]) -> Void

final class RecordingStream: StreamPort {
  private let base: any StreamPort
  private let tap: TrafficTap
  init(_ base: any StreamPort, tap: @escaping TrafficTap) {
    self.base = base
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    tap(true, bytes)
    try await base.send(bytes, deadline: deadline)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let bytes = try await base.receive(deadline: deadline)
    tap(false, bytes)
    return bytes
  }
  func close() { base.close() }
}

final class RecordingMessages: MessagePort {
  private let base: any MessagePort
  private let tap: TrafficTap
  init(_ base: any MessagePort, tap: @escaping TrafficTap) {
    self.base = base
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    tap(true, message)
    try await base.send(message, deadline: deadline)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let bytes = try await base.receive(deadline: deadline)
    tap(false, bytes)
    return bytes
  }
  func clear(deadline: WorldInstant) async throws(PortError) { try await base.clear(deadline: deadline) }
  func close() { base.close() }
}

/// Lines have no bytes; each command is kept as one word.
final class RecordingLines: LinePort {
  private var lastRead: [Int: Bool] = [:]
  private let base: any LinePort
  private let tap: TrafficTap
  init(_ base: any LinePort, tap: @escaping TrafficTap) {
    self.base = base
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func set(line: Int, to level: Bool) async throws(PortError) {
    tap(true, Array("line \(line) \(level ? "high" : "low")".utf8))
    try await base.set(line: line, to: level)
  }
  func read(line: Int) async throws(PortError) -> Bool {
    let level = try await base.read(line: line)
    // Contacts are polled: a look that shows what the last one showed is not worth a line in the journal.
    guard lastRead.updateValue(level, forKey: line) != level else { return level }
    tap(false, Array("line \(line) is \(level ? "high" : "low")".utf8))
    return level
  }
  func takeEdges() async throws(PortError) -> [LineEdge] {
    let edges = try await base.takeEdges()
    for edge in edges {
      tap(
        false,
        Array("line \(edge.line) went \(edge.level ? "high" : "low") at \(edge.at.nanoseconds) ns".utf8))
    }
    return edges
  }
  func close() { base.close() }
}
