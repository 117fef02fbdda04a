import Model
import Ports

/// Sees every byte of a port before the driver does, and every error it throws.
struct TrafficTap {
  let bytes: (_ outgoing: Bool, _ bytes: [UInt8]) -> Void
  let problem: (_ outgoing: Bool, _ problem: Traffic.Problem) -> Void

  /// - Parameter isLook: The call had no time to wait: that nothing was there is no news.
  func note(_ error: PortError, outgoing: Bool, isLook: Bool = false) {
    // A stop is in the record by itself.
    guard error.code != .stopped, !(isLook && error.code == .deadline) else { return }
    problem(outgoing, Traffic.Problem(error))
  }
}

extension Traffic.Problem {
  init(_ error: PortError) {
    self.init(
      code: error.code.rawValue, attempted: error.attempted, port: error.port, cause: error.cause,
      advice: error.advice, bytesSeen: HexText.packed(error.bytesSeen))
  }
}

final class RecordingStream: StreamPort {
  private let base: any StreamPort
  private let world: any World
  private let tap: TrafficTap
  /// - Parameter world: Its clock tells a look from a wait.
  init(_ base: any StreamPort, world: any World, tap: TrafficTap) {
    self.base = base
    self.world = world
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    tap.bytes(true, bytes)
    do throws(PortError) { try await base.send(bytes, deadline: deadline) } catch {
      tap.note(error, outgoing: true)
      throw error
    }
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let isLook = deadline <= world.now
    let bytes: [UInt8]
    do throws(PortError) { bytes = try await base.receive(deadline: deadline) } catch {
      tap.note(error, outgoing: false, isLook: isLook)
      throw error
    }
    tap.bytes(false, bytes)
    return bytes
  }
  func close() { base.close() }
}

final class RecordingMessages: MessagePort {
  private let base: any MessagePort
  private let world: any World
  private let tap: TrafficTap
  init(_ base: any MessagePort, world: any World, tap: TrafficTap) {
    self.base = base
    self.world = world
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    tap.bytes(true, message)
    do throws(PortError) { try await base.send(message, deadline: deadline) } catch {
      tap.note(error, outgoing: true)
      throw error
    }
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let isLook = deadline <= world.now
    let bytes: [UInt8]
    do throws(PortError) { bytes = try await base.receive(deadline: deadline) } catch {
      tap.note(error, outgoing: false, isLook: isLook)
      throw error
    }
    tap.bytes(false, bytes)
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
  init(_ base: any LinePort, tap: TrafficTap) {
    self.base = base
    self.tap = tap
  }
  var address: PortAddress { base.address }
  func set(line: Int, to level: Bool) async throws(PortError) {
    tap.bytes(true, Array("line \(line) \(level ? "high" : "low")".utf8))
    do throws(PortError) { try await base.set(line: line, to: level) } catch {
      tap.note(error, outgoing: true)
      throw error
    }
  }
  func read(line: Int) async throws(PortError) -> Bool {
    let level: Bool
    do throws(PortError) { level = try await base.read(line: line) } catch {
      tap.note(error, outgoing: false)
      throw error
    }
    // Contacts are polled: a look that shows what the last one showed is not worth a line in the journal.
    guard lastRead.updateValue(level, forKey: line) != level else { return level }
    tap.bytes(false, Array("line \(line) is \(level ? "high" : "low")".utf8))
    return level
  }
  func takeEdges() async throws(PortError) -> [LineEdge] {
    let edges: [LineEdge]
    do throws(PortError) { edges = try await base.takeEdges() } catch {
      tap.note(error, outgoing: false)
      throw error
    }
    for edge in edges {
      tap.bytes(
        false,
        Array("line \(edge.line) went \(edge.level ? "high" : "low") at \(edge.at.nanoseconds) ns".utf8))
    }
    return edges
  }
  func close() { base.close() }
}
