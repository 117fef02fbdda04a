import Capabilities
import DBC
import Ports

/// A profile made of signals of a DBC file.
public struct SignalPicture: BusPicture {
  /// Where one value comes from.
  public struct Source: Hashable, Sendable {
    public var quantity: UnitBusQuantity
    public var message: DBCMessage
    public var signal: String
    /// Base units (V, A, share, °C) per unit of the file; negative where the file counts the other way.
    public var scale: Double
    public init(quantity: UnitBusQuantity, message: DBCMessage, signal: String, scale: Double) {
      self.quantity = quantity
      self.message = message
      self.signal = signal
      self.scale = scale
    }

    /// True when both are the same bits of the same frame.
    public func isSame(as other: Source) -> Bool {
      message.busIdentifier == other.message.busIdentifier && signal == other.signal
    }

    /// The smallest step of the value, base units.
    var step: Double { (message.signal(named: signal)?.factor ?? 0).magnitude * scale.magnitude }
  }

  public let profile: String
  public let period: Double
  public let identifiers: [BusIdentifier]
  /// Every frame of the file.
  private let known: [BusIdentifier]
  private let sources: [Source]
  private var told: [(value: Double, at: WorldInstant)?]
  private let steps: UnitBroadcast.Steps
  /// Periods after which a value that was not repeated is no longer taken for one of now.
  static let staleAfterPeriods = 3.0

  /// - Parameters:
  ///   - database: The file that the sources are from.
  ///   - sources: Lists (cells, temperatures, alarms) in their order; exactly one of them is the pack voltage.
  ///   - period: Seconds between two frames with the pack voltage.
  public init(profile: String, database: DBCDatabase, sources: [Source], period: Double) {
    precondition(sources.count { $0.quantity == .packVoltage } == 1, "a profile has one pack voltage")
    precondition(period > 0, "a period of \(period) s")
    self.profile = profile
    self.period = period
    self.sources = sources
    known = database.messages.map(\.busIdentifier)
    told = Array(repeating: nil, count: sources.count)
    identifiers = sources.map(\.message.busIdentifier).reduce(into: []) { list, one in
      if !list.contains(one) { list.append(one) }
    }
    func step(_ quantity: UnitBusQuantity) -> Double {
      sources.filter { $0.quantity == quantity }.map(\.step).max() ?? 0
    }
    steps = .init(
      voltage: step(.packVoltage), current: step(.packCurrent), charge: step(.stateOfCharge),
      temperature: step(.temperatures), cell: step(.cellVoltages))
  }

  public func tells(_ quantity: UnitBusQuantity) -> Bool { sources.contains { $0.quantity == quantity } }

  public mutating func take(_ frame: CANFrame) -> BusFrameMeaning {
    let name = BusIdentifier(frame)
    let mine = sources.indices.filter { sources[$0].message.busIdentifier == name }
    guard let first = mine.first else { return known.contains(name) ? .part : .foreign }
    guard !frame.isRemote, !frame.isFD || sources[first].message.length > 8 else { return .foreign }
    var hasVoltage = false
    let values = sources[first].message.decode(frame.bytes).values
    for index in mine {
      let source = sources[index]
      guard let value = values.first(where: { $0.signal == source.signal })?.physical, value.isFinite else {
        continue
      }
      told[index] = (value * source.scale, frame.at)
      if source.quantity == .packVoltage { hasVoltage = true }
    }
    return hasVoltage ? .whole(broadcast(at: frame.at)) : .part
  }

  private func broadcast(at instant: WorldInstant) -> UnitBroadcast {
    var picture = UnitBroadcast(at: instant, packVoltage: fresh(.packVoltage, at: instant)[0]!, steps: steps)
    picture.packCurrent = fresh(.packCurrent, at: instant).first ?? nil
    picture.stateOfCharge = fresh(.stateOfCharge, at: instant).first ?? nil
    // A gap would move the cells behind it.
    picture.cellVoltages = whole(fresh(.cellVoltages, at: instant)) ?? []
    picture.temperatures = whole(fresh(.temperatures, at: instant)) ?? []
    let alarms = sources.filter { $0.quantity == .alarms }
    if !alarms.isEmpty, let states = whole(fresh(.alarms, at: instant)) {
      picture.alarms = zip(alarms, states).filter { $0.1 != 0 }.map { "\($0.0.message.name).\($0.0.signal)" }
    }
    return picture
  }

  /// Values of one quantity in their order; nil where one has not been told lately.
  private func fresh(_ quantity: UnitBusQuantity, at instant: WorldInstant) -> [Double?] {
    sources.indices.filter { sources[$0].quantity == quantity }.map { index in
      let cycle = max(period, sources[index].message.cycleTime ?? 0)
      guard let told = told[index], (instant - told.at).seconds <= Self.staleAfterPeriods * cycle else {
        return nil
      }
      return told.value
    }
  }

  private func whole(_ values: [Double?]) -> [Double]? {
    values.contains { $0 == nil } ? nil : values.compactMap(\.self)
  }
}

extension DBCMessage {
  var busIdentifier: BusIdentifier { BusIdentifier(identifier, isExtended: isExtended) }

  /// Seconds between two frames of this kind as the file says (`GenMsgCycleTime`, ms); nil when it does not.
  public var cycleTime: Double? {
    attributes["GenMsgCycleTime"].flatMap(Double.init).flatMap { $0 > 0 ? $0 / 1000 : nil }
  }
}
