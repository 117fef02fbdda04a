import Foundation

/// `bmsrig-bench campaign [COUNT [FOLDER [WAY…]]]`: ends runs in every way at random points, and sees from the
/// instruments' side how long their outputs stay on and whether the record is whole.
///
/// Instruments, controller and guard are processes of their own on this computer; the instruments are served over TCP
/// in real time by `bmsrig rig serve`, which notes when each output went off. Several such rigs work side by side,
/// because a run mostly waits.
struct Campaign {
  let count: Int
  let folder: String
  /// Names of the ways to be tried, alone or as in `SIGINT-hung`; empty: all.
  let ways: [String]
  /// Rigs at most. Ten take less than half of a processor.
  private static let lanesMax = 10

  init(count: Int, folder: String, ways: [String] = []) {
    self.count = max(1, count)
    self.ways = ways
    self.folder = URL(fileURLWithPath: folder).path
  }

  /// - Returns: Whether nothing was left on, lost or unproven, and all was off in time.
  func run() throws -> Bool {
    if let unknown = ways.first(where: { way in !CampaignCase.all.contains { $0.names.contains(way) } }) {
      var names: [String] = []
      for one in CampaignCase.all where !names.contains(one.name) { names.append(one.name) }
      print("there is no way '\(unknown)' to end a run; there are \(names.joined(separator: ", "))")
      return false
    }
    let lanes = try (1...min(count, Self.lanesMax)).map { try CampaignLane(folder: "\(folder)/rig-\($0)") }
    defer { for lane in lanes { lane.close() } }
    for lane in lanes {
      guard try lane.open() else {
        print("the instruments do not start; see \(lane.folder)/serve.log")
        return false
      }
    }
    var clean = true
    for one in CampaignCase.all where ways.isEmpty || !one.names.isDisjoint(with: ways) {
      let tally = work(one, lanes)
      Line.write(tally.line(one) + "\n")
      for note in tally.notes.prefix(5) { Line.write("  \(note)\n") }
      clean = clean && tally.isClean && tally.meets(one.goal)
    }
    return clean
  }

  private func work(_ one: CampaignCase, _ lanes: [CampaignLane]) -> CampaignTally {
    let done = DispatchGroup()
    for (index, lane) in lanes.enumerated() {
      let numbers = Array(stride(from: index + 1, through: count, by: lanes.count))
      done.enter()
      Thread {
        lane.work(one, numbers)
        done.leave()
      }.start()
    }
    done.wait()
    return lanes.reduce(into: CampaignTally()) { $0.add($1.tally) }
  }
}
