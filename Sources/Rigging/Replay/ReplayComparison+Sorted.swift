import Model
import Quantities

extension ReplayComparison {
  /// The events of a run by what they are about.
  struct Sorted {
    struct Exchange {
      let traffic: Traffic
      let step: String
      var kind: Kind { traffic.outgoing ? .sent : .received }
      /// Problems carry the words of whoever says them; what happened is their code.
      func isSame(as other: Exchange) -> Bool {
        traffic.outgoing == other.traffic.outgoing && traffic.bytes == other.traffic.bytes
          && traffic.isText == other.traffic.isText && traffic.problem?.code == other.traffic.problem?.code
      }
      var words: String {
        if let problem = traffic.problem { return "\(problem.code): \(problem.cause)" }
        let text = traffic.bytes.replacing("\n", with: "\\n").replacing("\r", with: "\\r")
        return text.count > 120 ? text.prefix(117) + "..." : text
      }
    }
    struct Other {
      let body: RunEvent.Body
      let step: String
      let words: String
    }

    private(set) var header: RunHeader?
    private(set) var traffic: [String: [Exchange]] = [:]
    private(set) var measurements: [Measurement] = []
    private(set) var others: [String: [Other]] = [:]

    init(_ events: [RunEvent]) {
      var step = ""
      for event in events {
        switch event.body {
        case .runStarted(let header): self.header = header
        case .traffic(let traffic):
          self.traffic[traffic.port, default: []].append(Exchange(traffic: traffic, step: step))
        case .measured(let measurement): measurements.append(measurement)
        case .stepStarted(let id, _, _, _, _):
          step = id
          put("step", event.body, step, id)
        case .stepEnded(let id, let failed):
          put("step", event.body, step, "\(id) \(failed ? "failed" : "ended")")
          step = ""
        case .note(_, let text): put("note", event.body, step, text)
        case .rigError(_, let instrument, let message):
          put("rig error", event.body, step, "\(instrument): \(message)")
        case .stopRequested(let reason): put("stop", event.body, step, reason)
        case .instrumentIdentified(let identity): put("instrument", event.body, step, "\(identity)")
        case .unitIdentified(let identity): put("unit", event.body, step, "\(identity)")
        case .answered(let answer): put("answer", event.body, step, "\(answer.prompt): \(answer.answer)")
        case .trace(let trace): put("curve", event.body, step, trace.title)
        case .settings(let settings):
          put("settings", event.body, step, "\(settings.moment.rawValue) \(settings.frameHex)")
        case .safeState(let result):
          put("safe state", event.body, "", result.confirmed ? "confirmed" : "not confirmed")
        case .runEnded(let verdict, let reason, let confirmed):
          put(
            "verdict", event.body, "",
            "\(verdict.rawValue), \(reason), safe state \(confirmed ? "" : "not ")confirmed")
        case .tripped(let trip): put("trip", event.body, step, "\(trip)")
        case .startConditions(let conditions):
          for condition in conditions {
            put(
              "start condition", .startConditions([condition]), "",
              "\(condition.name) \(condition.isMet ? "met" : "not met"): \(condition.words)")
          }
        // How often a link was looked at depends on who else used it; what came of it is a trip.
        case .phaseStarted, .phaseEnded, .recovered, .fences: break
        }
      }
    }

    private mutating func put(_ kind: String, _ body: RunEvent.Body, _ step: String, _ words: String) {
      others[kind, default: []].append(Other(body: body, step: step, words: words))
    }
  }
}
