import Capabilities
import Model
import Ports
import Quantities

extension Bench {
  /// Readings of all channels of voltmeter roles, in the order asked for, one scan per instrument.
  public func readVolts(_ roles: [RoleName], limitedTo count: Int? = nil) async throws -> [[Reading]] {
    var wanted: [(role: Int, member: Member)] = []
    for (index, role) in roles.enumerated() {
      let all = try bound(role)
      for member in all.prefix(count ?? all.count) { wanted.append((index, member)) }
    }
    var results = Array(repeating: [Reading](), count: roles.count)
    for (entry, reading) in zip(wanted, try await readMembers(wanted.map(\.member))) {
      results[entry.role].append(reading)
    }
    return results
  }

  /// Readings of voltmeter channels in the order asked for, one scan per instrument.
  func readMembers(_ wanted: [Member]) async throws -> [Reading] {
    let isForStep = watch?.isSampling == false
    if isForStep { try await watch?.cycle() }
    var answers: [Int: Reading] = [:]
    var done: [ObjectIdentifier] = []
    for member in wanted where !done.contains(ObjectIdentifier(member.instrument)) {
      let instrument = member.instrument
      done.append(ObjectIdentifier(instrument))
      guard let meter = instrument as? any Voltmeter else {
        throw RigFault(instrument: instrument.name, message: "its driver is not a voltmeter")
      }
      let mine = wanted.indices.filter { wanted[$0].instrument === instrument }
      let readings = try await meter.measureVoltages(channels: mine.map { wanted[$0].channel })
      guard readings.count == mine.count else {
        throw RigFault(
          instrument: instrument.name,
          message: "answered \(readings.count) readings for \(mine.count) channels")
      }
      for (index, reading) in zip(mine, readings) { answers[index] = reading }
    }
    if isForStep { for index in wanted.indices { watch?.notice(wanted[index], answers[index]!) } }
    return wanted.indices.map { answers[$0]! }
  }

  /// One reading of a single-channel voltmeter role that must be a number: anything else is the rig's fault.
  public func volts(_ role: RoleName) async throws -> (value: Double, at: WorldInstant) {
    let reading = try await readVolts([role])[0][0]
    return (try number(reading, role: role), reading.at)
  }

  /// Reference volts across the fed cells at the unit's connector; every one must be a number.
  public func cellReferenceVolts() async throws -> [Double] {
    let readings = try await readVolts([.cellReference], limitedTo: cellCount)[0]
    return try readings.enumerated().map { index, reading in
      try number(reading, role: .cellReference, member: index)
    }
  }

  /// Reference volts across some of the fed cells at the unit's connector, in the order asked for, from one scan.
  public func cellReferenceVolts(of cells: [Int]) async throws -> [(volts: Double, at: WorldInstant)] {
    let role = try bound(.cellReference)
    guard let first = cells.first, cells.allSatisfy({ (1...role.count).contains($0) }),
      cells.allSatisfy({ role[$0 - 1].instrument === role[first - 1].instrument })
    else {
      throw RigFault(instrument: "rig", message: "role 'cell-reference' cannot read these cells in one scan")
    }
    let readings = try await readMembers(cells.map { role[$0 - 1] })
    var values: [(volts: Double, at: WorldInstant)] = []
    for (cell, reading) in zip(cells, readings) {
      values.append((try number(reading, role: .cellReference, member: cell - 1), reading.at))
    }
    return values
  }

  /// A reading of the rig's own instrument that is not a number is the rig's fault, never the unit's.
  public func number(_ reading: Reading, role: RoleName, member: Int = 0) throws(RigFault) -> Double {
    guard case .number(let value) = Observation(reading: reading.value) else {
      let owner = try bound(role)[member]
      var why = "overload"
      if case .missing(let text) = Observation(reading: reading.value) { why = text }
      throw RigFault(
        instrument: owner.instrument.name,
        message: "channel \(owner.channel) (role '\(role.rawValue)') gave no reading: \(why)")
    }
    return value
  }

  /// Amperes in the high-current loop by the independent shunt, positive = charging.
  public func loopAmperes() async throws -> (value: Double, at: WorldInstant) {
    let reading = try await volts(.loopCurrent)
    return (reading.value / rig.wiring.loopCurrentScale.base, reading.at)
  }

  /// Amperes in the unit's supply wire by the independent shunt.
  public func supplyAmperes() async throws -> Double {
    try await volts(.supplyCurrent).value / rig.wiring.supplyCurrentScale.base
  }
}
