import Model
import Quantities

/// The keys of a rig file.
public enum RigFields {
  public static let rig: [FieldDeclaration] = [
    .init("rig", .text, doc: "Short name of the rig."),
    .init("title", .text, doc: "What a report calls it."),
    .init("revision", .text, doc: "Changes with every change of the file."),
    .init("instruments", .map(.table(instrument)), doc: "Instruments by name."),
    .init("roles", .map(.table(role)), doc: "What procedures ask for, bound to channels."),
    .init("wiring", .table(wiring), doc: "Facts of the fixture."),
    .init("envelope", .table(envelope), doc: "What no step may exceed."),
    .init("safe-state", .list(of: .table(safeState)), doc: "What makes the rig safe, in order."),
    .init(
      "watch", .map(.table(watch)), required: false,
      doc:
        "Live limits by name, in addition to those that exist without being written: emergency-stop, cover, "
        + "cell-voltage, pack-sum, short-bank, loop-current."),
    .init("self-test", .table(selfTest), required: false, doc: "How old the last passed self-test may be."),
    .init(
      "golden-unit", .table(goldenUnit), required: false,
      doc: "The unit that is known to be good, and how old its last decided run, a pass, may be."),
    .init("unit-link", .table(unitLink), doc: "How the unit's own link is reached."),
    .init("unit-bus", .table(unitBus), required: false, doc: "How the unit's CAN port is heard."),
    .init("unit-rs485", .table(unitSerial), required: false, doc: "How the unit's 485 port is read."),
    .init(
      "guard", .table(guardTable), required: false,
      doc: "The process that makes the rig safe when the run cannot."),
    .init(
      "operator", .text, required: false,
      doc: "Where the person at the rig is asked: terminal://, or sim://operator on a simulated rig."),
  ]

  static let instrument: [FieldDeclaration] = [
    .init("driver", .text, doc: "Id in the driver catalogue, e.g. ngi-n83624."),
    .init("address", .text, doc: "e.g. tcp://192.168.10.21:7000; hand://NAME for what a person reads."),
    .init("serial", .text, doc: "Serial number, or asset number where the maker reports none."),
    .init("calibration", .table(calibration), required: false, doc: "Needed by all that measure."),
    .init(
      "uncertainty", .map(.text), required: false,
      doc: "Expanded uncertainty (k = 2), e.g. voltage: 0.5 mV, pack-voltage: 10 mV, current-relative: 0.1 %."
    ),
    .init("options", .map(.text), required: false, doc: "For the driver."),
    .init("simulated", .map(.text), required: false, doc: "For the simulated counterpart."),
  ]

  static let calibration: [FieldDeclaration] = [
    .init("certificate", .text, doc: "Number of the certificate."),
    .init("date", .text, doc: "Date of calibration, e.g. 2026-03-02."),
    .init("due", .text, doc: "Last day it is valid."),
  ]

  static let role: [FieldDeclaration] = [
    .init("instrument", .text, required: false, doc: "Name of the instrument."),
    .init("channel", .integer(range: 0...9999), required: false, doc: "Its one channel."),
    .init("channels", .any, required: false, doc: "Several, e.g. 1-24 or 101-120, 201-204."),
    .init(
      "members", .list(of: .text), required: false,
      doc: "Channels of several instruments, e.g. [ntc1/1, ntc2/1]."),
    .init(
      "active", .choice(["high", "low"]), default: "high",
      doc: "Level at which a line is on, closed, lit or pressed."),
  ]

  static let wiring: [FieldDeclaration] = [
    .init(
      "cell-lead-resistance", .quantity(.resistance, range: 0...10), doc: "Each cell lead, to the connector."
    ),
    .init(
      "loop-current-scale", .quantity(.resistance, range: 1e-7...1), doc: "Volts per ampere at loop-current."),
    .init(
      "supply-current-scale", .quantity(.resistance, range: 1e-4...1000),
      doc: "Volts per ampere at supply-current."),
    .init(
      "loop-resistance", .quantity(.resistance, range: 0...1), doc: "High-current loop without the unit."),
    .init("short-loop-inductance", .quantity(.inductance, range: 1e-9...1e-3), doc: "Short-circuit loop."),
    .init(
      "short-loop-resistance", .quantity(.resistance, range: 0...1),
      doc: "Short-circuit loop without the unit."),
    .init(
      "pulse-current-scale", .quantity(.resistance, range: 1e-7...1),
      doc: "Volts per ampere at pulse-recorder."),
    .init(
      "leakage-current-scale", .quantity(.resistance, range: 1...1e6), required: false,
      doc: "Volts per ampere at leakage-current; limits the current of the test source."),
    .init(
      "crossed-node", .integer(range: 0...23), required: false,
      doc: "Lower one of the two nodes that node-crossing exchanges."),
    .init(
      "resistor-node", .integer(range: 0...24), required: false,
      doc: "Node whose sense wire line-resistors lie in."),
    .init(
      "line-resistors", .list(of: .quantity(.resistance, range: 0.01...10)), required: false,
      doc: "What each relay of line-resistors adds."),
    .init(
      "line-resistance-uncertainty", .quantity(.resistance, range: 1e-6...1), required: false,
      doc: "Expanded uncertainty (k = 2) of one sense line, resistors included."),
  ]

  /// The outer bounds are the unit's: 1.5 … 4.5 V per cell and 108 V in total (section 2), 10 V compliance and a
  /// 48 V bank (rig model of the procedure catalogue).
  static let envelope: [FieldDeclaration] = [
    .init("cell-voltage-min", .quantity(.voltage, range: 0...4.5), doc: "Lowest cell voltage."),
    .init("cell-voltage-max", .quantity(.voltage, range: 1.5...5), doc: "Highest cell voltage."),
    .init("pack-voltage-max", .quantity(.voltage, range: 1...108), doc: "Highest stack voltage."),
    .init("loop-current-max", .quantity(.current, range: 1...400), doc: "Highest loop current."),
    .init("loop-compliance-max", .quantity(.voltage, range: 0.1...10), doc: "Highest loop voltage."),
    .init("short-bank-voltage-max", .quantity(.voltage, range: 1...48), doc: "Highest bank voltage."),
    .init(
      "auxiliary-voltage-max", .quantity(.voltage, range: 1...100), required: false,
      doc: "Highest voltage of the auxiliary supply, at its input and as leakage test source."),
  ]

  static let safeState: [FieldDeclaration] = [
    .init("action", .choice(SafeStateStep.Action.allCases.map(\.rawValue)), doc: "What is done."),
    .init("limit", .text, required: false, doc: "What the read-back must reach."),
    .init("within", .quantity(.time, range: 0.001...60), doc: "How long it may take."),
  ]

  static let watch: [FieldDeclaration] = [
    .init(
      "role", .choice(RoleName.watchable.map(\.rawValue)), required: false,
      doc: "Role whose channels are looked at, each for itself."),
    .init(
      "quantity", .choice(WatchQuantity.allCases.map(\.rawValue)), required: false,
      doc: "What no single channel reads; loop-charge and loop-energy are integrals over the run."),
    .init("low", .text, required: false, doc: "Lowest allowed value with its unit, e.g. -5 A."),
    .init("high", .text, required: false, doc: "Highest allowed value with its unit, e.g. 4.6 V."),
    .init(
      "every", .quantity(.time, range: 0.02...60), required: false,
      doc: "Wanted time between two samples; a busy link may give fewer. 1 s, contacts 100 ms."),
    .init(
      "trips", .choice(WatchRule.Verdict.allCases.map(\.rawValue)), required: false,
      doc: "What two samples in a row outside the band make of the run: error (the rig's fault), or aborted."),
    .init("fence", .choice(["on", "off"]), default: "on", doc: "off: not watched, and no run can pass."),
  ]

  static let selfTest: [FieldDeclaration] = [
    .init(
      "every", .quantity(.time, range: 60...31_536_000),
      doc:
        "A run is refused when the last step rig-self-test did not pass or is older than that, unless it begins with "
        + "one.")
  ]

  static let goldenUnit: [FieldDeclaration] = [
    .init("serial", .text, doc: "Serial number of the golden unit."),
    .init(
      "every", .quantity(.time, range: 60...31_536_000),
      doc:
        "A run is refused when the last decided run of that unit in the same workflow did not pass or is older than "
        + "that; its own runs are not."),
  ]

  /// Below three cycles of 100 ms a busy computer would be taken for a hung run. Seconds are for emulated computers.
  static let guardTable: [FieldDeclaration] = [
    .init(
      "silence", .quantity(.time, range: 0.3...5), default: "400 ms",
      doc: "Longest time without a sign of life, after which the guard acts.")
  ]

  static let unitLink: [FieldDeclaration] = [
    .init("transport", .choice(["ble"]), doc: "Kind of link."),
    .init("address", .text, doc: "e.g. ble://hci0."),
    .init("name", .text, required: false, doc: "Advertised name; any unit of the family when left out."),
    .init(
      "password-register", .text, required: false,
      doc:
        "Register that takes another app password, e.g. 05/1B, as seen in a recording of the vendor's app; without it "
        + "no password is changed."),
    .init(
      "beacon", .text, required: false,
      doc:
        "Radio address of a beacon beside the socket that advertises all the time: a radio that does not hear it is "
        + "deaf, and a unit that is not heard meanwhile is not failed for it."),
  ]

  static let unitBus: [FieldDeclaration] = [
    .init("address", .text, doc: "e.g. can://can0."),
    .init(
      "dbc", .text, required: false,
      doc:
        "DBC file of what is spoken there, relative to this file; without it the inverter broadcast, the built-in "
        + "candidate."),
    .init(
      "signals", .table(busSignals), required: false,
      doc: "Which signals of the DBC file say what: MESSAGE.SIGNAL, and a unit where the file has none."),
    .init(
      "positive-current", .choice(["charging", "discharging"]), default: "charging",
      doc: "What the signal of the pack current counts as positive."),
    .init(
      "period", .quantity(.time, range: 0.01...60), required: false,
      doc: "Between two frames with the pack voltage, where the DBC file does not say it (GenMsgCycleTime)."),
    .init(
      "confirmed", .choice(["yes", "no"]),
      doc: "Whether a released unit has been heard to speak the candidate profile; no: nothing is judged."),
  ]

  /// Raw values of `UnitBusQuantity`.
  static let busSignals: [FieldDeclaration] = [
    .init("pack-voltage", .text, doc: "e.g. Measurements.Voltage, or 'Pack.Voltage mV'."),
    .init("pack-current", .text, required: false, doc: "Of the pack."),
    .init("state-of-charge", .text, required: false, doc: "0 to 100 %."),
    .init("cell-voltages", .list(of: .text), required: false, doc: "From cell 1, the most negative one, on."),
    .init(
      "temperatures", .list(of: .text), required: false, doc: "Of the cells; the highest one is compared."),
    .init("alarms", .list(of: .text), required: false, doc: "What is not 0 while there is an alarm."),
  ]

  static let unitSerial: [FieldDeclaration] = [
    .init("address", .text, doc: "e.g. serial:///dev/ttyUSB0?baud=115200&rs485=rts."),
    .init(
      "profile", .choice(["native", "jk-modbus"]),
      doc: "Candidate that is spoken: the Bluetooth frames, or Modbus as boards of JK do."),
    .init("unit", .integer(range: 0...247), default: "1", doc: "Modbus unit number."),
    .init(
      "confirmed", .choice(["yes", "no"]),
      doc: "Whether a released unit has been heard to speak the profile; no: nothing is judged."),
  ]
}
