import Model

/// The stored form of what fences, live limits and start conditions tell.
extension JSONText {
  mutating func safetyBody(_ body: RunEvent.Body) {
    switch body {
    case .startConditions(let conditions):
      object("startConditions") {
        $0.array("_0", conditions) { text, condition in
          text.object {
            $0.field("isMet", condition.isMet)
            $0.field("name", condition.name)
            $0.field("words", condition.words)
          }
        }
      }
    case .fences(let fences):
      object("fences") { $0.array("_0", fences) { text, fence in text.object { $0.fence(fence) } } }
    case .tripped(let trip): object("tripped") { $0.object("_0") { $0.trip(trip) } }
    default: preconditionFailure("no event of the rig's limits")
    }
  }

  private mutating func fence(_ fence: FenceState) {
    field("forbidsPass", fence.forbidsPass)
    field("instruments", fence.instruments)
    field("kind", fence.kind.rawValue)
    field("name", fence.name)
    field("note", fence.note)
    field("programmed", fence.programmed)
    field("readBack", fence.readBack)
    field("state", fence.state.rawValue)
  }

  private mutating func trip(_ trip: WatchTrip) {
    field("band", trip.band)
    field("channel", trip.channel)
    field("instrument", trip.instrument)
    array("samples", trip.samples) { text, sample in
      text.object {
        $0.field("at", sample.at)
        $0.field("text", sample.text)
      }
    }
    field("verdict", trip.verdict.rawValue)
    field("watch", trip.watch)
  }
}
