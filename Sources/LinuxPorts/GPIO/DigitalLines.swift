import CLinuxPorts
import Glibc
import Ports

/// Lines of one GPIO chip, held from opening to closing: as long as they are, nobody else can drive them.
///
/// A thread of its own collects the edges as they come, with the kernel's time, because the kernel keeps few: 16 of a
/// line with libgpiod 1.6, 1024 of all inputs with 2. Where edges were lost, or may have been, every later question
/// for edges fails.
///
/// When the process is killed the kernel lets go of the lines and nobody drives them: most chips then keep the last
/// level, others become inputs. Only a resistor, or a relay board with a watchdog, makes that safe.
final class DigitalLines: LinePort {
  let address: PortAddress
  private let world: LinuxWorld
  private let configuration: LineConfiguration
  private var lines: OpaquePointer?
  /// Edges fetched in one go.
  private static let fetchLimit = 4096

  /// Takes over `lines`.
  init(
    _ lines: OpaquePointer, configuration: LineConfiguration, address: PortAddress, world: LinuxWorld
  ) {
    self.lines = lines
    self.configuration = configuration
    self.address = address
    self.world = world
  }

  deinit { close() }

  /// Every output goes to its safe level before the lines are let go.
  func close() {
    guard let held = lines else { return }
    lines = nil
    clp_gpio_close(held)
  }

  func set(line: Int, to level: Bool) async throws(PortError) {
    let attempted = "set line \(line) \(level ? "high" : "low")"
    let lines = try held(attempted)
    guard configuration.outputs.contains(where: { $0.line == line }) else {
      throw error(.refused, attempted, "it is not one of this port's outputs", "Check the rig file's roles")
    }
    let result = clp_gpio_set(lines, UInt32(line), level)
    guard result == 0 else { throw failure(attempted, -result) }
  }

  func read(line: Int) async throws(PortError) -> Bool {
    let attempted = "read line \(line)"
    let lines = try held(attempted)
    guard configuration.inputs.contains(line) || configuration.outputs.contains(where: { $0.line == line })
    else {
      throw error(.refused, attempted, "it is not one of this port's lines", "Check the rig file's roles")
    }
    let result = clp_gpio_get(lines, UInt32(line))
    guard result >= 0 else { throw failure(attempted, -result) }
    return result != 0
  }

  func takeEdges() async throws(PortError) -> [LineEdge] {
    let attempted = "collect edges"
    let lines = try held(attempted)
    var taken: [clp_gpio_edge] = []
    var buffer = [clp_gpio_edge](repeating: clp_gpio_edge(), count: Self.fetchLimit)
    while true {
      let count = clp_gpio_take(lines, &buffer, Int32(buffer.count))
      if count == -EOVERFLOW {
        throw error(
          .malformed, attempted, "inputs changed faster than edges could be kept; the record has a gap",
          "Look for an input that chatters, and for other work that keeps this computer busy")
      }
      // What came before the error is told first; the error comes again.
      if count < 0, taken.isEmpty { throw failure(attempted, -count) }
      guard count > 0 else { break }
      taken += buffer.prefix(Int(count))
    }
    // A chip that was pulled out reports no edges. Silence must not look like quiet inputs.
    if taken.isEmpty, let input = configuration.inputs.first {
      let level = clp_gpio_get(lines, UInt32(input))
      guard level >= 0 else { throw failure(attempted, -level) }
    }
    return inOrder(taken)
  }

  /// Each input may have a queue of its own; edges of one stay in the order in which the kernel told them.
  private func inOrder(_ edges: [clp_gpio_edge]) -> [LineEdge] {
    edges.enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .map { _, edge in
        LineEdge(
          line: Int(edge.line), level: edge.level,
          at: WorldInstant(nanoseconds: edge.at - world.executor.start))
      }
  }

  private func held(_ attempted: String) throws(PortError) -> OpaquePointer {
    guard let lines else { throw error(.closed, attempted, "this end has closed it", "") }
    if let reason = world.stopInForce { throw error(.stopped, attempted, reason, "") }
    return lines
  }

  private func failure(_ attempted: String, _ number: Int32) -> PortError {
    let isGone = number == ENODEV || number == ENXIO
    return error(
      .closed, attempted, isGone ? "the GPIO chip is gone" : SystemError.words(number),
      "Check the board's cable and supply; the kernel log (`dmesg`) says when it left")
  }

  private func error(
    _ code: PortError.Code, _ attempted: String, _ cause: String, _ advice: String
  ) -> PortError {
    PortError(code, attempted: attempted, port: address.description, cause: cause, advice: advice)
  }
}
