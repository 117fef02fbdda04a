import Model

/// The unit's settings as they came and as they were left. A customer's unit must leave as it came.
struct SettingsSection {
  let reading: RecordReading

  private struct Row {
    var name: String
    var received: String?
    var underTest: String?
    var restored: String?
    var isLeftChanged: Bool { received != nil && restored != nil && received != restored }
    var wasChanged: Bool { underTest != nil && received != nil && underTest != received }
  }

  private var received: SettingsSnapshot? { reading.snapshot(.asReceived) }
  private var underTest: SettingsSnapshot? { reading.snapshot(.underTest) }
  private var restored: SettingsSnapshot? { reading.snapshot(.restored) }

  private var rows: [Row] {
    var order: [String] = []
    var table: [String: Row] = [:]
    func take(_ snapshot: SettingsSnapshot?, _ field: WritableKeyPath<Row, String?>) {
      for entry in snapshot?.values ?? [] {
        if table[entry.name] == nil { order.append(entry.name) }
        table[entry.name, default: Row(name: entry.name)][keyPath: field] = entry.text
      }
    }
    take(received, \.received)
    take(underTest, \.underTest)
    take(restored, \.restored)
    return order.map { table[$0]! }
  }

  var markup: Markup {
    guard !reading.record.settings.isEmpty else { return .empty }
    let rows = rows
    return section("Settings of the unit", id: "settings") {
      conclusion(rows)
      table(["Setting", "As received", "Under test", "As left", ""], class: "plain settings") {
        for row in rows { self.row(row) }
      }
      frames
    }
  }

  private func conclusion(_ rows: [Row]) -> Markup {
    let left = reading.settingsLeftChanged?.count ?? 0
    let bytesAgree = received?.frameHex == restored?.frameHex
    return element("p", class: "lead") {
      if restored == nil {
        Marks.of(StepState.inconclusive)
        element("b") { "The settings were not read again at the end." }
        " What stands in the unit now is unknown."
      } else if received == nil {
        "The settings as received were not recorded; only those at the end are known."
      } else if left == 0 {
        Marks.of(Outcome.pass)
        element("b") {
          "The unit was left as it came: \(Words.count(rows.count, "setting", "settings")) equal."
        }
        bytesAgree
          ? " The frames agree byte for byte." : " The raw frames differ outside the decoded settings."
      } else {
        Marks.of(Outcome.fail)
        element("b") { "\(Words.count(left, "setting differs", "settings differ")) from what was received." }
      }
    }
  }

  private func row(_ row: Row) -> Markup {
    let missing = "–"
    return element("tr", class: row.isLeftChanged ? "changed" : row.wasChanged ? "touched" : "") {
      element("td") { row.name }
      element("td", class: "number") { row.received ?? missing }
      element("td", class: "number") { row.wasChanged ? row.underTest ?? missing : "" }
      element("td", class: "number") { row.restored ?? missing }
      element("td") { row.isLeftChanged ? "CHANGED" : row.wasChanged ? "restored" : "" }
    }
  }

  private var frames: Markup {
    fragment {
      for (title, snapshot) in [("As received", received), ("As left", restored)] {
        if let snapshot {
          element("p", class: "frame") {
            element("b") { "\(title), raw frame: " }
            element("span", class: "code") { snapshot.frameHex }
          }
        }
      }
    }
  }
}
