import Ports

/// A bank of lines in memory.
public final class ScriptedLines: LinePort {
  public let address: PortAddress
  public private(set) var levels: [Int: Bool] = [:]
  /// Every change of an output, oldest first.
  public private(set) var changes: [(line: Int, level: Bool)] = []
  public var pendingEdges: [LineEdge] = []
  public var isDead = false
  /// Outputs that do not follow.
  public var stuck: [Int: Bool] = [:]
  private let configuration: LineConfiguration

  public init(_ configuration: LineConfiguration) throws(PortError) {
    self.configuration = configuration
    address = try PortAddress(parsing: "gpio://gpiochip0")
    for output in configuration.outputs { levels[output.line] = output.safeLevel }
    for input in configuration.inputs { levels[input] = false }
  }

  public func set(line: Int, to level: Bool) async throws(PortError) {
    try requireAlive("set a line")
    changes.append((line, level))
    levels[line] = level
  }

  public func read(line: Int) async throws(PortError) -> Bool {
    try requireAlive("read a line")
    return stuck[line] ?? levels[line] ?? false
  }

  public func takeEdges() async throws(PortError) -> [LineEdge] {
    try requireAlive("read edges")
    defer { pendingEdges = [] }
    return pendingEdges
  }

  public func close() { isDead = true }

  private func requireAlive(_ what: String) throws(PortError) {
    if isDead { throw PortError(.closed, attempted: what, port: address.description, cause: "unplugged") }
  }
}
