import Model
import Quantities

/// Binds roles to channels and finds channels used twice, wrong counts and instruments that must be calibrated.
struct RigRoleBuilder {
  let instruments: [RigInstrument]
  private(set) var roles: [RigRole] = []
  private(set) var findings: [Finding] = []
  private var users: [ChannelReference: RoleName] = [:]

  init(instruments: [RigInstrument]) { self.instruments = instruments }

  func count(of name: RoleName) -> Int { roles.first { $0.name == name }?.members.count ?? 0 }

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func read(_ entries: [FieldValues.Entry]) {
    for entry in entries {
      guard let name = RoleName(rawValue: entry.key) else {
        let known = RoleName.allCases.map(\.rawValue)
        find(entry.place, "unknown role '\(entry.key)'", NearestName.suggestion(for: entry.key, in: known))
        continue
      }
      guard let table = entry.value.table, let (members, place) = members(name, table) else { continue }
      checkMembers(name, members, at: place)
      let activeLevel = table.optionalText("active") != "low"
      if !activeLevel, name.kind != .output, name.kind != .input {
        find(
          table.place("active"), "'\(name.rawValue)' is no line, so it has no active level", "leave it out")
      }
      roles.append(RigRole(name: name, members: members, activeLevel: activeLevel))
    }
    let (cells, references) = (count(of: .cells), count(of: .cellReference))
    if references != 0, references != cells, let entry = entries.first(where: { $0.key == "cell-reference" })
    {
      find(entry.place, "cell-reference has \(references) channels, cells has \(cells)", "one for each cell")
    }
  }

  private mutating func members(
    _ name: RoleName, _ table: FieldValues
  ) -> (members: [ChannelReference], place: SourcePlace)? {
    let written = ["channel", "channels", "members"].filter(table.has)
    guard written.count == 1, (written == ["members"]) != table.has("instrument") else {
      find(
        table.place, "role '\(name.rawValue)' needs its channels in one way",
        "write instrument with channel or channels, or members: [instrument/channel, …]")
      return nil
    }
    let place = table.place(written[0])
    if let name = table.optionalText("instrument"), !instruments.contains(where: { $0.name == name }) {
      unknownInstrument(name, at: table.place("instrument"))
      return nil
    }
    do throws(ChannelList.Problem) {
      return (try Self.references(table), place)
    } catch {
      find(place, error.message, "write e.g. 5, 1-24, '101-120, 201-204' or [ntc1/1, ntc2/1]")
      return nil
    }
  }

  private static func references(_ table: FieldValues) throws(ChannelList.Problem) -> [ChannelReference] {
    guard let instrument = table.optionalText("instrument") else {
      var references: [ChannelReference] = []
      for text in table.texts("members") { references.append(try ChannelList.reference(text)) }
      return references
    }
    if let channel = table.optionalInteger("channel") { return [ChannelReference(instrument, channel)] }
    return try ChannelList.channels(table.document("channels")).map { ChannelReference(instrument, $0) }
  }

  private mutating func checkMembers(_ name: RoleName, _ members: [ChannelReference], at place: SourcePlace) {
    if !name.channelCount.contains(members.count) {
      let (low, high) = (name.channelCount.lowerBound, name.channelCount.upperBound)
      let wanted = low == high ? "\(low)" : "\(low) to \(high)"
      find(place, "role '\(name.rawValue)' has \(members.count) channels, needs \(wanted)")
    }
    for member in members {
      if !instruments.contains(where: { $0.name == member.instrument }) {
        unknownInstrument(member.instrument, at: place)
      }
      if let other = users[member] {
        let what = other == name ? "twice" : "by '\(other.rawValue)' already"
        find(place, "channel \(member) is used \(what)", "one channel serves one role")
      }
      users[member] = name
    }
  }

  private mutating func unknownInstrument(_ name: String, at place: SourcePlace) {
    find(
      place, "there is no instrument '\(name)'",
      NearestName.suggestion(for: name, in: instruments.map(\.name)))
  }

  /// Everything a measurement rests on is calibrated and has an uncertainty: what measures, and what stands for
  /// a cell or a sensor.
  mutating func checkMeasuringInstruments(_ entries: [FieldValues.Entry]) {
    let measuring = roles.filter { role in
      switch role.name.kind {
      case .cellEmulator, .voltmeter, .ohmmeter, .thermistors, .recorder, .hand: true
      case .loopSource, .supply, .output, .input: false
      }
    }
    for entry in entries {
      guard let instrument = instruments.first(where: { $0.name == entry.key }),
        let role = measuring.first(where: { $0.instruments.contains(entry.key) })
      else { continue }
      if instrument.calibration == nil {
        find(
          entry.place, "'\(entry.key)' serves '\(role.name.rawValue)' and has no calibration",
          "add 'calibration:' with certificate, date and due")
      }
      if instrument.uncertainty.isEmpty {
        find(
          entry.place, "'\(entry.key)' serves '\(role.name.rawValue)' and has no uncertainty",
          "add 'uncertainty:' with e.g. voltage: 0.5 mV")
      }
    }
  }
}
