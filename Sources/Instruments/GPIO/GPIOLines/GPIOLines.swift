import Capabilities
import Ports
import Quantities

/// A bank of digital lines: a GPIO chip, or a relay or input board that looks like one. Line numbers are the
/// bank's own, counted from 0.
///
/// The port remembers edges until asked; the driver keeps all of them until it is closed, because the pattern
/// of an indicator is often judged after the event. A bank has no identity to refuse.
public final class GPIOLines: LineBank {
  public let name: String
  private let serial: String
  private let port: any LinePort
  private let configuration: LineConfiguration
  /// By line, oldest first: contacts are asked many times per second, indicators have the most edges.
  private var recorded: [Int: [LineEdge]] = [:]
  private var count = 0

  /// Edges kept per bank; a line that chatters at 1 kHz fills it in about a quarter of an hour.
  static let edgesMax = 1_000_000

  /// - Throws: `.link` when the rig gave another kind of port.
  public init(_ context: DriverContext) throws(InstrumentError) {
    guard case .lines(let port, let configuration) = context.port else {
      throw InstrumentError(
        .link, instrument: context.name, message: "the driver needs a bank of lines",
        advice: "use an address such as gpio://gpiochip0")
    }
    name = context.name
    serial = context.serial
    self.port = port
    self.configuration = configuration
  }

  // MARK: Instrument

  /// Proves that every output is at its safe level.
  public func open() async throws(InstrumentError) -> Identity {
    for output in configuration.outputs {
      guard try await level(output.line) == output.safeLevel else {
        throw InstrumentError(
          .notConfirmed, instrument: name, channel: output.line,
          message: "the output is not at its safe level although nothing switched it",
          advice: "check what else drives the line")
      }
    }
    return Identity(maker: "", model: "lines at \(port.address)", serial: serial, firmware: "")
  }

  public func makeSafe() async -> SafetyReport {
    var wrong: [String] = []
    // One dead line must not keep the others from their safe level.
    for output in configuration.outputs {
      do {
        try await port.set(line: output.line, to: output.safeLevel)
        if try await port.read(line: output.line) != output.safeLevel {
          wrong.append("line \(output.line) reads back the other level")
        }
      } catch {
        wrong.append("line \(output.line): \(error)")
      }
    }
    return SafetyReport(
      confirmed: wrong.isEmpty,
      message: wrong.isEmpty ? "all outputs at their safe level" : wrong.joined(separator: "; "))
  }

  public func close() async { port.close() }

  // MARK: LineBank

  public func set(line: Int, to level: Bool) async throws(InstrumentError) {
    guard configuration.outputs.contains(where: { $0.line == line }) else {
      throw unknown(line, "an output")
    }
    do { try await port.set(line: line, to: level) } catch { throw link(error, line) }
    guard try await self.level(line) == level else {
      throw InstrumentError(
        .notConfirmed, instrument: name, channel: line,
        message: "the line did not go \(level ? "high" : "low")", advice: "check for a short at the output")
    }
  }

  public func read(line: Int) async throws(InstrumentError) -> Bool {
    let isOutput = configuration.outputs.contains { $0.line == line }
    guard isOutput || configuration.inputs.contains(line) else { throw unknown(line, "a configured line") }
    return try await level(line)
  }

  public func edges(line: Int, since: WorldInstant) async throws(InstrumentError) -> [LineEdge] {
    guard configuration.inputs.contains(line) else { throw unknown(line, "an input") }
    let news: [LineEdge]
    do { news = try await port.takeEdges() } catch { throw link(error, line) }
    for edge in news { recorded[edge.line, default: []].append(edge) }
    count += news.count
    guard count <= Self.edgesMax else {
      throw InstrumentError(
        .refused, instrument: name, message: "more than \(Self.edgesMax) edges were recorded",
        advice: "an input chatters; check its comparator")
    }
    guard let edges = recorded[line], let last = edges.last, last.at >= since else { return [] }
    return edges.filter { $0.at >= since }
  }

  // MARK: pieces

  private func level(_ line: Int) async throws(InstrumentError) -> Bool {
    do { return try await port.read(line: line) } catch { throw link(error, line) }
  }

  private func unknown(_ line: Int, _ what: String) -> InstrumentError {
    InstrumentError(
      .outOfRange, instrument: name, channel: line, message: "the line is not \(what) of this bank",
      advice: "check the rig file's roles")
  }

  private func link(_ error: PortError, _ line: Int) -> InstrumentError {
    InstrumentError(.link, instrument: name, channel: line, message: error.description)
  }
}

extension GPIOLines {
  static var entry: DriverEntry {
    DriverEntry(
      id: "gpio-lines", title: "Digital lines of a GPIO chip or relay board", capabilities: [.lines],
      portKinds: [.lines], channelNumbers: "line offsets in the bank, from 0",
      twinOptions: GPIOLinesDeviation.options,
      ranges: { _ throws(OptionError) in DriverRanges(channels: [0...1023]) },
      make: { context throws(InstrumentError) in try GPIOLines(context) }, makeTwin: nil, transcripts: [])
  }
}
