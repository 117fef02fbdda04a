import Capabilities
import Ports
import Quantities
import Simulation

/// What a driver can do for a rig.
public enum DriverCapability: String, Hashable, Sendable, CaseIterable {
  case cellEmulator, loopSource, voltmeter, ohmmeter, thermistors, supply, recorder, lines
  /// Read by a person.
  case hand
}

/// The kind of port a driver speaks over.
public enum PortKind: String, Hashable, Sendable, CaseIterable {
  case stream, messages, lines
  /// None: a person reads it.
  case hand
}

/// An opened port, ready for a driver.
public enum DriverPort {
  case stream(any StreamPort)
  case messages(any MessagePort)
  /// With the configuration it was opened with: the driver needs the safe levels.
  case lines(any LinePort, LineConfiguration)
  /// No port: a person reads the instrument.
  case hand
}

/// What a driver gets when it is made. Making sends nothing.
public struct DriverContext {
  /// Name in the rig file.
  public let name: String
  /// Serial or asset number in the rig file.
  public let serial: String
  public let port: DriverPort
  public let world: any World
  /// `key: value` as written in the rig file.
  public let options: [String: String]

  public init(
    name: String, serial: String, port: DriverPort, world: any World, options: [String: String] = [:]
  ) {
    self.name = name
    self.serial = serial
    self.port = port
    self.world = world
    self.options = options
  }

  /// The port as a link for a text dialect.
  /// - Throws: `.link` when the rig gave another kind of port.
  public func scpiLink() throws(InstrumentError) -> SCPILink {
    switch port {
    case .stream(let port): return .stream(port)
    case .messages(let port): return .messages(port)
    case .lines:
      throw InstrumentError(
        .link, instrument: name, message: "the driver speaks text but the address is a bank of lines",
        advice: "use a tcp, serial or usb address")
    case .hand:
      throw InstrumentError(
        .link, instrument: name,
        message: "the driver speaks text but the address says that a person reads it",
        advice: "use a tcp, serial or usb address")
    }
  }
}

/// What the checker compares procedures and the rig's fences with. nil: does not apply.
public struct DriverRanges: Hashable, Sendable {
  /// Channel numbers that exist.
  public var channels: [ClosedRange<Int>]
  public var voltage: ClosedRange<Voltage>?
  public var voltageResolution: Voltage?
  /// Magnitude, both directions.
  public var currentMax: Current?
  public var currentResolution: Current?
  public var resistance: ClosedRange<Resistance>?
  /// Highest voltage between any channel and the lowest one, or earth.
  public var commonModeMax: Voltage?
  public var sampleIntervalMin: TimeSpan?

  public init(
    channels: [ClosedRange<Int>], voltage: ClosedRange<Voltage>? = nil, voltageResolution: Voltage? = nil,
    currentMax: Current? = nil, currentResolution: Current? = nil, resistance: ClosedRange<Resistance>? = nil,
    commonModeMax: Voltage? = nil, sampleIntervalMin: TimeSpan? = nil
  ) {
    self.channels = channels
    self.voltage = voltage
    self.voltageResolution = voltageResolution
    self.currentMax = currentMax
    self.currentResolution = currentResolution
    self.resistance = resistance
    self.commonModeMax = commonModeMax
    self.sampleIntervalMin = sampleIntervalMin
  }
}

/// What the instrument's language is made of; transcripts are written accordingly.
public enum WireForm: String, Hashable, Sendable {
  /// Text, each message ended by a line feed.
  case lines
  /// Frames of bytes; transcripts show them as hex.
  case bytes
}

/// One line of the driver catalogue.
public struct DriverEntry {
  /// Spelling in rig files, e.g. `ngi-n83624`.
  public let id: String
  public let title: String
  public let capabilities: [DriverCapability]
  /// Kinds of port the driver accepts; the first is meant by a `sim://` address.
  public let portKinds: [PortKind]
  /// What the channel numbers mean, for people.
  public let channelNumbers: String
  public let options: [DriverOption]
  /// Keys that the twin understands in the rig file's `simulated:` table, besides the driver's options.
  public let twinOptions: [DriverOption]
  /// The instrument's abilities with these options.
  /// - Throws: `OptionError` for a value that cannot be read.
  public let ranges: ([String: String]) throws(OptionError) -> DriverRanges
  public let make: (DriverContext) throws(InstrumentError) -> any Instrument
  /// The simulated counterpart; `TwinContext.options` holds the driver's options overlaid by the `simulated:`
  /// table. nil for banks of lines, whose twin is the world's line port itself.
  public let makeTwin: ((TwinContext) throws(OptionError) -> any InstrumentTwin)?
  public let transcripts: [Transcript]
  /// What the model answers to `*IDN?`; nil for what cannot be asked.
  /// - Throws: `OptionError` for an option that says which model it is and cannot be read.
  public let plate: ([String: String]) throws(OptionError) -> ModelPlate?
  /// The model's own interfaces, the usual one first; empty for what speaks no text.
  public let connections: [ModelConnection]
  public let wire: WireForm
  /// Among the options: the silence after which the instrument switches its output off by itself.
  let watchdog: DriverOption?

  public init(
    id: String, title: String, capabilities: [DriverCapability], portKinds: [PortKind],
    channelNumbers: String, options: [DriverOption] = [], twinOptions: [DriverOption] = [],
    ranges: @escaping ([String: String]) throws(OptionError) -> DriverRanges,
    make: @escaping (DriverContext) throws(InstrumentError) -> any Instrument,
    makeTwin: ((TwinContext) throws(OptionError) -> any InstrumentTwin)?, transcripts: [Transcript],
    plate: @escaping ([String: String]) throws(OptionError) -> ModelPlate? = { _ in nil },
    connections: [ModelConnection] = [],
    wire: WireForm = .lines, watchdog: DriverOption? = nil
  ) {
    self.id = id
    self.title = title
    self.capabilities = capabilities
    self.portKinds = portKinds
    self.channelNumbers = channelNumbers
    self.options = options
    self.twinOptions = twinOptions
    self.ranges = ranges
    self.make = make
    self.makeTwin = makeTwin
    self.transcripts = transcripts
    self.plate = plate
    self.connections = connections
    self.wire = wire
    self.watchdog = watchdog
  }

  /// How long an instrument with these options must hear nothing before it switches its output off by itself. nil: it
  /// never does, or the option cannot be read.
  public func silenceLimit(_ options: [String: String]) -> Interval? {
    watchdog.flatMap { try? $0.interval(in: options) }
  }

  /// The kind of port to open for an address; nil when the driver cannot use it.
  public func portKind(for scheme: PortAddress.Scheme) -> PortKind? {
    switch scheme {
    case .tcp, .serial: portKinds.contains(.stream) ? .stream : nil
    case .usb, .hislip: portKinds.contains(.messages) ? .messages : nil
    case .gpio: portKinds.contains(.lines) ? .lines : nil
    case .sim: portKinds[0]
    case .hand: portKinds.contains(.hand) ? .hand : nil
    case .ble, .can, .terminal: nil
    }
  }

  /// Every finding in a rig file's options for this driver; an unknown key is a finding.
  public func findings(in given: [String: String]) -> [String] {
    var found: [String] = []
    for key in given.keys.sorted() where !options.contains(where: { $0.name == key }) {
      let known = options.map(\.name).joined(separator: ", ")
      found.append("\(id) has no option '\(key)'; \(known.isEmpty ? "it has none" : "it has: \(known)")")
    }
    for option in options {
      guard let text = given[option.name] else { continue }
      do { try option.check(text) } catch { found.append(error.description) }
    }
    return found
  }
}
