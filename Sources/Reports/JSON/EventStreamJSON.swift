import Model
import Quantities

/// Events as lines of JSON for other programs, as they happen. Each line has `sequence`, `seconds` (world time)
/// and `event` (the kind); the rest depends on the kind.
public struct EventStreamJSON: Sendable {
  public init() {}

  /// One line without its newline.
  public func line(for event: RunEvent) -> String {
    let (kind, fields) = content(event.body)
    return OrderedJSON.object(
      [
        ("sequence", .int(event.sequence)),
        ("seconds", .double(Double(event.nanoseconds) / 1e9)),
        ("event", .string(kind)),
      ] + fields
    ).serialized()
  }

  private func content(_ body: RunEvent.Body) -> (kind: String, fields: [(key: String, value: OrderedJSON)]) {
    switch body {
    case .runStarted(let header): ("runStarted", self.header(header))
    case .instrumentIdentified(let identity):
      (
        "instrumentIdentified",
        [("name", .string(identity.name)), ("identity", JSONParts.instrument(identity))]
      )
    case .unitIdentified(let identity): ("unitIdentified", [("identity", JSONParts.unit(identity))])
    case .phaseStarted(let name, let title):
      ("phaseStarted", [("name", .string(name)), ("title", .string(title))])
    case .phaseEnded(let name): ("phaseEnded", [("name", .string(name))])
    case .stepStarted(let step, let kind, let title, let phase, let declared):
      (
        "stepStarted",
        [
          ("step", .string(step)), ("kind", .string(kind)), ("title", .string(title)),
          ("phase", .string(phase)),
          ("declared", .array(declared.map { .string($0) })),
        ]
      )
    case .measured(let measurement): ("measured", [("measurement", JSONParts.measurement(measurement))])
    case .note(let step, let text): ("note", [("step", .string(step)), ("text", .string(text))])
    case .answered(let answer): ("answered", [("answer", JSONParts.answer(answer))])
    case .trace(let trace): ("trace", [("trace", JSONParts.trace(trace))])
    case .settings(let snapshot): ("settings", [("settings", JSONParts.settings(snapshot))])
    case .stepEnded(let step, let failed):
      ("stepEnded", [("step", .string(step)), ("failed", .bool(failed))])
    case .rigError(let step, let instrument, let message):
      (
        "rigError",
        [("step", .string(step)), ("instrument", .string(instrument)), ("message", .string(message))]
      )
    case .stopRequested(let reason): ("stopRequested", [("reason", .string(reason))])
    case .safeState(let result):
      (
        "safeState",
        [
          ("confirmed", .bool(result.confirmed)),
          ("entries", .array(result.entries.map(JSONParts.safeStateEntry))),
        ]
      )
    case .startConditions(let conditions):
      ("startConditions", [("conditions", .array(conditions.map(JSONParts.startCondition)))])
    case .fences(let fences): ("fences", [("fences", .array(fences.map(JSONParts.fence)))])
    case .tripped(let trip): ("tripped", [("trip", JSONParts.trip(trip))])
    case .traffic(let traffic):
      (
        "traffic",
        [
          ("port", .string(traffic.port)), ("outgoing", .bool(traffic.outgoing)),
          ("bytes", .string(traffic.bytes)),
          ("isText", .bool(traffic.isText)),
        ] + (traffic.problem.map { [("problem", .string("\($0.code): \($0.cause)"))] } ?? [])
      )
    case .recovered(let recovery): ("recovered", JSONParts.recovery(recovery))
    case .runEnded(let verdict, let reason, let confirmed):
      (
        "runEnded",
        [
          ("verdict", .string(verdict.rawValue)), ("reason", .string(reason)),
          ("safeStateConfirmed", .bool(confirmed)),
        ]
      )
    }
  }

  private func header(_ header: RunHeader) -> [(key: String, value: OrderedJSON)] {
    [
      ("run", .string(header.run)), ("unit", .string(header.unit)), ("model", .string(header.model)),
      ("chemistry", .string(header.chemistry.rawValue)), ("cellCount", .int(header.cellCount)),
      ("workflow", .string(header.workflow.rawValue)), ("procedure", JSONParts.document(header.procedure)),
      ("rig", JSONParts.document(header.rig)), ("specification", JSONParts.document(header.specification)),
      ("program", .string(header.program)), ("seed", .string("\(header.seed)")),
      ("startedAt", .string(header.startedAt)), ("expectedSeconds", .double(header.expectedSeconds)),
    ]
  }
}
