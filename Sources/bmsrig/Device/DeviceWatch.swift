import ArgumentParser
import DUT
import Model
import Ports
import Quantities
import Rigging

extension Device {
  /// Live values as they come.
  struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show live values as the unit sends them, about two frames a second.",
      discussion: """
        At a terminal one table is painted anew with every frame, elsewhere each frame is one line. While the unit
        balances it repeats its last measurement for some 4 s.
        """)
    @OptionGroup var device: DeviceOptions
    @Flag(help: "One JSON object per line and frame.") var json = false
    @Option(help: "Stop after this many frames.") var count: Int?
    @Option(help: "Stop after this many seconds of the unit's time (default: Ctrl-C; simulated: 60).")
    var seconds: Double?

    /// A simulated unit's time passes as fast as the computer can: a limit keeps it from running away.
    private static let simulatedSeconds = 60.0

    func validate() throws {
      if let count, count < 1 { throw ValidationError("--count takes 1 or more") }
      if let seconds, !(seconds > 0 && seconds <= 1e7) {
        throw ValidationError("--seconds takes more than 0, at most 10000000")
      }
    }

    func run() throws {
      try device.run(json ? .json : .text) { link in
        let session = try await link.connect()
        if let anomaly = session.anomaly { Output.error("careful: \(anomaly)") }
        let world = link.world
        let limit = seconds ?? (count == nil && device.rig != nil ? Self.simulatedSeconds : nil)
        let begin = world.now
        let end = limit.map { begin + .seconds($0) } ?? .distantFuture
        var painter = WatchTable(isLive: Output.isTerminal && !json)
        var after: WorldInstant?
        var shown = 0
        while shown < count ?? .max {
          if let reason = PendingStop.reason { throw WorldStopped(reason: reason) }
          let frame: BMSSession.ReceivedCellInfo
          do throws(BMSLinkError) {
            frame = try await session.nextCellInfo(after: after, deadline: min(end, link.exchangeDeadline))
          } catch {
            if error.code == .noAnswer, world.now >= end { break }
            throw error
          }
          after = frame.startedAt
          shown += 1
          if json {
            Output.line(Self.json(frame, since: begin))
          } else {
            Output.write(painter.text(frame.cellInfo, at: (frame.at - begin).seconds, session.statistics))
          }
        }
      }
    }

    private static func json(_ frame: BMSSession.ReceivedCellInfo, since begin: WorldInstant) -> String {
      guard case .object(let values) = FrameValues.cellInfo(frame.cellInfo) else { return "{}" }
      let time = DecimalText.shortest((frame.at - begin).seconds, significant: 9)
      return OrderedJSON.object([("time_s", .double(Double(time) ?? 0))] + values).serialized(pretty: false)
    }
  }
}

/// Live values for people: a table that stays in its place, or one line per frame.
struct WatchTable {
  let isLive: Bool
  private var lines = 0

  init(isLive: Bool) { self.isLive = isLive }

  mutating func text(_ info: CellInfo, at time: Double, _ link: BMSSession.Statistics) -> String {
    guard isLive else { return line(info, at: time) + "\n" }
    let rows = table(info, at: time, link)
    // Up to where the last one began, and clear what is longer than the new line.
    let up = lines > 0 ? "\u{1B}[\(lines)A" : ""
    lines = rows.count
    return up + rows.map { $0 + "\u{1B}[K\n" }.joined()
  }

  private static func number(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? DecimalText.fixed(value, decimals: decimals) : "?"
  }

  private func line(_ info: CellInfo, at time: Double) -> String {
    var parts = [
      "\(Self.number(time, 2)) s", "pack \(Self.number(info.totalVolts, 3)) V",
      "difference \(Self.number(info.differenceVolts * 1e3, 1)) mV",
    ]
    if let second = info.second {
      parts.append("\(Self.number(second.packAmperes, 1)) A")
      parts.append("\(Self.number(second.stateOfChargePercent, 1)) %")
    }
    parts.append(
      "\(Self.number(info.temperature1Celsius, 1)) / \(Self.number(info.temperature2Celsius, 1)) °C")
    parts.append(info.operationStatus.words)
    let faults = Self.faults(info)
    return (parts + (faults.isEmpty ? [] : ["FAULTS " + faults])).joined(separator: "  ")
  }

  private func table(_ info: CellInfo, at time: Double, _ link: BMSSession.Statistics) -> [String] {
    var rows = [line(info, at: time)]
    let count = min(info.cellCount, CellInfo.cellSlots)
    for start in stride(from: 0, to: count, by: 6) {
      let cells = (start..<min(start + 6, count)).map { index in
        let mark =
          index == info.highestCellIndex ? "+" : index == info.lowestCellIndex ? "-" : " "
        let name = index < 9 ? " \(index + 1)" : "\(index + 1)"
        return "\(name): \(Self.number(info.cellVolts[index], 4)) V\(mark)"
      }
      rows.append("  " + cells.joined(separator: "  "))
    }
    var more = "  balancing \(Self.number(info.balancingAmperes, 2)) A"
    if let second = info.second {
      more += ", switches \(Self.number(second.mosfetCelsius, 1)) °C"
      more += ", balancer \(Self.number(second.balancerCelsius, 1)) °C"
      more += ", \(Self.number(second.remainingCapacityAmpereHours, 1)) Ah left"
    }
    rows.append(more + ", on for \(Device.Info.duration(info.uptimeSeconds))")
    rows.append("  link: \(link.frames) frames, \(link.framesMissed) missed, \(link.checksumErrors) damaged")
    return rows
  }

  /// The flags that are set, with the cells they name.
  static func faults(_ info: CellInfo) -> String {
    let faults = info.faults.limited(toCellCount: info.cellCount)
    let masks: [(String, Int)] = [
      ("cell not detected", faults.cellDetectionFailed), ("overvoltage", faults.cellOvervoltage),
      ("undervoltage", faults.cellUndervoltage), ("polarity", faults.cellPolarityError),
      ("line resistance", faults.lineResistanceExcessive),
    ]
    var words: [String] = []
    for (name, mask) in masks where mask != 0 {
      let cells = (1...CellInfo.cellSlots).filter { mask >> ($0 - 1) & 1 == 1 }
      words.append("\(name) \(cells.map(String.init).joined(separator: ","))")
    }
    if faults.temperatureWarning != 0 { words.append("temperature") }
    if faults.chargingFault != 0 { words.append("charging \(faults.chargingFault)") }
    if faults.dischargingFault != 0 { words.append("discharging \(faults.dischargingFault)") }
    if faults.memoryFault != 0 { words.append("parameter memory \(faults.memoryFault)") }
    return words.joined(separator: "; ")
  }
}
