import Capabilities
import Model
import Quantities

extension Bench {
  /// Channels of the fed cells, grouped by instrument in role order.
  private func cellGroups(_ cells: [Int]) throws(RigFault) -> [(
    any CellEmulator, [(cell: Int, channel: Int)]
  )] {
    let role = try bound(.cells)
    var groups: [(any CellEmulator, [(cell: Int, channel: Int)])] = []
    for cell in cells {
      guard (1...role.count).contains(cell) else {
        throw RigFault(instrument: "rig", message: "role 'cells' has no cell \(cell)")
      }
      let member = role[cell - 1]
      guard let emulator = member.instrument as? any CellEmulator else {
        throw RigFault(instrument: member.instrument.name, message: "its driver is not a cell emulator")
      }
      if let index = groups.firstIndex(where: { $0.0 === emulator }) {
        groups[index].1.append((cell, member.channel))
      } else {
        groups.append((emulator, [(cell, member.channel)]))
      }
    }
    return groups
  }

  public var fedCells: [Int] { Array(1...cellCount) }

  /// Programs cell voltages (key = cell number from 1, value = volts). Everything is checked against the envelope
  /// before a byte is sent; outputs keep their state.
  public func setCells(_ volts: [(cell: Int, volts: Double)]) async throws {
    var next = cellSetpoints
    for (cell, value) in volts {
      try checkFence(value, rig.envelope.cellVoltageMin, rig.envelope.cellVoltageMax, what: "cell \(cell)")
      if cell <= next.count { next[cell - 1] = value }
    }
    let total = next.reduce(0, +)
    try checkFence(total, Voltage(-1), rig.envelope.packVoltageMax, what: "pack")
    // What is overdue is looked at before a stimulus: a ramp is one after another, and each is timed.
    try await watch?.cycle()
    if total < Double(cellCount) * restVoltage / 2 { supplyTouched = world.now }
    for (emulator, channels) in try cellGroups(volts.map(\.cell)) {
      let table = Dictionary(uniqueKeysWithValues: volts.map { ($0.cell, $0.volts) })
      try await emulator.setVoltages(channels.map { ($0.channel, Voltage(table[$0.cell]!)) })
    }
    cellSetpoints = next
    noteSetpoints(next)
  }

  /// All fed cells to one voltage.
  public func setAllCells(_ volts: Double) async throws { try await setCells(fedCells.map { ($0, volts) }) }

  public func setCellCurrentLimit(_ limit: Current) async throws {
    for (emulator, channels) in try cellGroups(fedCells) {
      try await emulator.setCurrentLimit(limit, channels: channels.map(\.channel))
    }
  }

  public func setCellOutputs(_ on: Bool) async throws {
    if on { try await permitEnergising() }
    supplyTouched = world.now
    // Outputs may be on although the answer was lost.
    if on { cellOutputsOn = true }
    for (emulator, channels) in try cellGroups(fedCells) {
      try await emulator.setOutputs(on, channels: channels.map(\.channel))
    }
    cellOutputsOn = on
  }

  /// Emulator read-back in volts, cell 1 first. A rig self-check only: it shares its reference with the stimulus.
  public func cellReadbacks(_ cells: [Int]) async throws -> [Reading] {
    try await collect(cells) { emulator, channels in try await emulator.measureVoltages(channels: channels) }
  }

  /// Amperes each emulated cell delivers (positive discharges it), in the order of `cells`.
  public func cellCurrents(_ cells: [Int]) async throws -> [Reading] {
    try await collect(cells) { emulator, channels in try await emulator.measureCurrents(channels: channels) }
  }

  private func collect(
    _ cells: [Int], _ read: (any CellEmulator, [Int]) async throws -> [Reading]
  ) async throws -> [Reading] {
    // Currents of all channels may take seconds.
    try await watch?.cycle()
    var byCell: [Int: Reading] = [:]
    for (emulator, channels) in try cellGroups(cells) {
      let readings = try await read(emulator, channels.map(\.channel))
      guard readings.count == channels.count else {
        throw RigFault(
          instrument: emulator.name,
          message: "answered \(readings.count) readings for \(channels.count) channels")
      }
      for (channel, reading) in zip(channels, readings) { byCell[channel.cell] = reading }
    }
    return cells.map { byCell[$0]! }
  }

  func checkFence(_ value: Double, _ low: Voltage, _ high: Voltage, what: String) throws(RigFault) {
    guard value.isFinite, value >= low.base, value <= high.base else {
      throw RigFault(
        instrument: "safety envelope",
        message: "\(what) would get \(Voltage(value)), the envelope allows \(low) … \(high)")
    }
  }
}
