/// A byte stream without message borders: TCP or a serial line.
public protocol StreamPort: AnyObject {
  var address: PortAddress { get }
  /// Hands every byte to the link before the deadline, or throws; a throw may leave some bytes sent.
  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError)
  /// At least one byte, whatever has arrived. Throws `.deadline` when nothing came, `.closed` when nothing will.
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8]
  func close()
}

/// A link that keeps message borders: USBTMC, HiSLIP.
public protocol MessagePort: AnyObject {
  var address: PortAddress { get }
  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError)
  /// The answer to what was sent. One that did not come in time could be taken for the next: from then on the port
  /// throws `.busy` until it was cleared.
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8]
  /// Device clear: drops whatever is queued in both directions.
  func clear(deadline: WorldInstant) async throws(PortError)
  func close()
}

/// Which lines of a bank are used and how.
public struct LineConfiguration: Hashable, Sendable {
  public struct Output: Hashable, Sendable {
    public let line: Int
    /// Level that the line takes at opening, at closing and whenever the rig is made safe.
    public let safeLevel: Bool
    public init(line: Int, safeLevel: Bool) {
      self.line = line
      self.safeLevel = safeLevel
    }
  }
  public var outputs: [Output]
  /// Inputs whose edges are recorded.
  public var inputs: [Int]
  public init(outputs: [Output], inputs: [Int]) {
    self.outputs = outputs
    self.inputs = inputs
  }
}

/// One change of an input, with the time the kernel (or the circuit) saw it.
public struct LineEdge: Hashable, Sendable, Codable {
  public let line: Int
  public let level: Bool
  public let at: WorldInstant
  public init(line: Int, level: Bool, at: WorldInstant) {
    self.line = line
    self.level = level
    self.at = at
  }
}

/// Digital outputs and inputs (libgpiod, USB relay boards, remote I/O).
public protocol LinePort: AnyObject {
  var address: PortAddress { get }
  /// Drives an output. Throws before any change when the line is not configured as an output.
  func set(line: Int, to level: Bool) async throws(PortError)
  /// Reads a line back; for outputs the level at the pin, not the commanded one, where the hardware can.
  func read(line: Int) async throws(PortError) -> Bool
  /// Every input edge since the last call, oldest first.
  func takeEdges() async throws(PortError) -> [LineEdge]
  func close()
}

/// What a scan saw of one peripheral.
public struct Advertisement: Hashable, Sendable {
  /// `AA:BB:CC:DD:EE:FF`
  public let address: String
  /// Without trailing NULs; may be empty.
  public let name: String
  /// 16-bit service UUIDs, e.g. `FFE0`.
  public let services: [String]
  public let signalLevelDBm: Int
  public let at: WorldInstant
  public init(address: String, name: String, services: [String], signalLevelDBm: Int, at: WorldInstant) {
    self.address = address
    self.name = name
    self.services = services
    self.signalLevelDBm = signalLevelDBm
    self.at = at
  }
}

/// A Bluetooth low energy central.
public protocol RadioPort: AnyObject {
  var address: PortAddress { get }
  /// The next advertisement heard; the same peripheral is reported again each time it is heard.
  func scan(deadline: WorldInstant) async throws(PortError) -> Advertisement
  /// Connects and subscribes to notifications of `characteristic` in `service` (16-bit UUIDs, e.g. FFE0, FFE1).
  func connect(to peripheral: String, service: String, characteristic: String, deadline: WorldInstant)
    async throws(PortError) -> any GATTPort
  func close()
}

/// A connected GATT characteristic, both directions.
public protocol GATTPort: AnyObject {
  var peripheral: String { get }
  var isConnected: Bool { get }
  /// Write without response.
  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError)
  /// The next notification with the time it arrived; notifications queue while nobody asks.
  func notification(deadline: WorldInstant) async throws(PortError) -> Notification
  func disconnect()
}

/// Bytes that a peripheral sent on its own account.
public struct Notification: Hashable, Sendable {
  public let bytes: [UInt8]
  public let at: WorldInstant
  public init(bytes: [UInt8], at: WorldInstant) {
    self.bytes = bytes
    self.at = at
  }
}
