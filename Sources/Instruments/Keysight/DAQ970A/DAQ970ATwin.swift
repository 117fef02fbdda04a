import Ports
import Simulation

/// A DAQ970A with three 20-channel multiplexers, bound to the circuit's terminals.
///
/// Modelled, after "Instrument models" section 5.2: the scan list as a definite block, the signed size, ascending scan
/// order, `CONF` rewriting the scan list and switching the format fields off again, `9.9E37` for overload, an error
/// queue that answers `+0,"No error"`, reply time from integration time and relays, one gain error for the converter
/// and one offset per channel.
///
/// Not modelled: front panel, alarms, timestamps, triggers other than immediate, relay wear. All channels of a scan
/// see the circuit as it was when the scan was started.
///
/// Options: `fault: silent | overload | offset | frozen`, `offset: 20 mV`, `fault-channels: 103,104` (all when
/// absent), `fault-after: 12 s` (from the beginning when absent), `line-frequency: 60 Hz`.
final class DAQ970ATwin: InstrumentTwin {
  private let serial: String
  private let circuit: Circuit
  private let terminals: [Int: Terminal]
  private var random: SeededRandom
  private let fault: DAQ970AFault
  private let linePeriod: Double

  private struct Setting {
    var range = DAQ970ARange.automatic
    var powerLineCycles = 10.0
  }
  private var settings: [Int: Setting] = [:]
  /// Kept over a power cycle by the real one; empty as after `*RST` here.
  private var scanList: [Int] = []
  private var showsChannel = false
  private var scan: (readings: [(channel: Int, value: Double)], ends: WorldInstant)?
  private var frozen: [Int: Double] = [:]
  private var errors = SCPIErrorQueue(emptyAnswer: "+0,\"No error\"")
  private var framer = SCPILineFramer()

  /// Gain error of the converter (24 h class: within 20 ppm) and offset as a part of the range (5 ppm, so 50 µV
  /// on 10 V).
  private let gainError: Double
  private let offsetPart: Double

  init(_ context: TwinContext) {
    serial = context.serial
    circuit = context.circuit
    terminals = context.terminals
    random = context.random
    fault = DAQ970AFault(options: context.options)
    linePeriod = context.options["line-frequency"] == "60 Hz" ? 1 / 60.0 : 1 / 50.0
    gainError = random.uniform(-20e-6, 20e-6)
    offsetPart = random.uniform(-5e-6, 5e-6)
  }
}
