import Model

/// What stood between the rig and harm: start conditions, fences in instruments, live limits, and what crossed them.
struct FencesSection {
  let reading: RecordReading

  var markup: Markup {
    let record = reading.record
    guard !record.fences.isEmpty || !record.startConditions.isEmpty || !record.trips.isEmpty else {
      return .empty
    }
    return section("Fences and live limits", id: "fences") {
      for trip in record.trips {
        element("p") {
          element("strong") { "\(trip.instrument): " }
          trip.words
        }
      }
      if !record.fences.isEmpty { fences }
      if !record.startConditions.isEmpty { conditions }
    }
  }

  private var fences: Markup {
    table(["", "Fence", "Kept by", "Programmed", "Read back or farthest", "Note"], class: "plain") {
      for fence in reading.record.fences {
        let isTripped = reading.record.trips.contains { $0.watch == fence.name }
        let state = isTripped ? "tripped" : fence.state.rawValue
        element("tr", class: fence.forbidsPass || isTripped ? "changed" : "") {
          element("td", class: "sign") { sign(fence.forbidsPass || isTripped ? "error" : "pass", state) }
          element("td") { "\(fence.name), \(state)" }
          element("td") { names(fence.instruments) }
          element("td") { fence.programmed }
          element("td") { fence.readBack }
          element("td") { fence.note }
        }
      }
    }
  }

  /// Each once: a sum of cells and its witness may come from one instrument.
  private func names(_ instruments: [String]) -> String {
    var seen: [String] = []
    for name in instruments where !seen.contains(name) { seen.append(name) }
    return seen.joined(separator: ", ")
  }

  private var conditions: Markup {
    fragment {
      element("h3") { "Start conditions" }
      table(["", "Condition", "Found"], class: "plain") {
        for condition in reading.record.startConditions {
          element("tr", class: condition.isMet ? "" : "changed") {
            element("td", class: "sign") {
              sign(condition.isMet ? "pass" : "error", condition.isMet ? "met" : "not met, overridden")
            }
            element("td") { condition.name }
            element("td") { condition.words }
          }
        }
      }
    }
  }

  private func sign(_ name: String, _ title: String) -> Markup { Marks.sign(name, title: title) }
}
