import Modbus
import Ports
import Simulation

/// The model-specific half of a twin that speaks Modbus.
protocol ModbusTwinBehaviour: AnyObject {
  /// Performs one request.
  /// - Parameter isImpostor: A fault of the rig file wants it to tell another model than it is.
  func answer(_ request: ModbusRequest, isImpostor: Bool, at now: WorldInstant) -> ModbusReply
  /// Time the instrument needs: shortest and longest.
  func latency(of request: ModbusRequest) -> (min: Interval, max: Interval)
}

/// The half that every twin with Modbus shares: frames out of pieces, on serial lines and TCP alike; one request after
/// the other; refusals; and the deviations that a scenario asks for.
///
/// Not modelled: broadcasts, line errors (a wrong checksum is no frame, so nothing answers).
final class ModbusTwin: OutputReportingHost {
  private let behaviour: any ModbusTwinBehaviour
  private let unit: UInt8
  private var intake = ModbusIntake()
  private var fault: TwinFault
  private var random: SeededRandom
  private var busyUntil = WorldInstant.start

  init(_ behaviour: any ModbusTwinBehaviour, unit: UInt8, context: TwinContext) throws(OptionError) {
    self.behaviour = behaviour
    self.unit = unit
    random = context.random.fork("twin")
    fault = try TwinFault(options: context.options)
  }

  var outputReporter: (any OutputReporting)? { behaviour as? any OutputReporting }

  func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    intake.take(bytes, at: now).flatMap { asked -> [TwinReply] in
      guard asked.unit == unit else { return [] }
      var start = max(now, busyUntil)
      let reply: [UInt8]
      if let request = asked.request {
        let span = behaviour.latency(of: request)
        start = start + Interval(seconds: random.uniform(span.min.seconds, span.max.seconds))
        reply = asked.wrapped(behaviour.answer(request, isImpostor: fault.identity != nil, at: now))
      } else {
        start = start + .milliseconds(1)
        reply = asked.wrapped(asked.refusal)
      }
      busyUntil = start
      return fault.deliver(reply, terminator: [], delay: start - now, random: &random)
    }
  }
}
