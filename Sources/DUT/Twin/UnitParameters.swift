import Simulation

/// Everything in which one simulated EK-B24S8E300A differs from another: tolerances of its parts, what is stored
/// in it, and its defects. The values written here are a good unit in the middle of every tolerance.
///
/// All numbers are SI (volts, amperes, ohms, seconds, degrees Celsius). Numbers without a source are project
/// defaults: the manual gives no tolerances (conflict list of the manual's conformance matrix, entry C-22).
public struct UnitParameters: Equatable, Sendable {
  /// Number of cells the hardware has sense channels for (manual section 1).
  public static let channelCount = 24
  public static let thermistorCount = 4

  /// Drives noise, sampling phase and jitter of this unit alone.
  public var seed: UInt64 = 1
  public var chemistry = UnitChemistry.ironPhosphate
  /// Cells in series that the factory setting names (manual section 9 note 1: 24).
  public var cells = 24
  /// Amperes; the three variants of manual section 2 are 200, 250 and 300.
  public var rating = 300.0
  public var identity = Identity()
  /// Index 0 = most negative cell.
  public var channels = [Channel](repeating: Channel(), count: channelCount)
  public var shunt = Shunt()
  /// Index 0 = NTC 1.
  public var thermistors = (1...thermistorCount).map { Thermistor(input: $0) }
  /// Gain of the pack voltage reading.
  public var totalVoltageGain = 1.0
  public var path = Path()
  public var supply = Supply()
  public var inputs = Inputs()
  public var shortCircuit = ShortCircuit()
  /// Index = `UnitProtection.rawValue`; use the subscript.
  public var protections = [ProtectionBehaviour](
    repeating: ProtectionBehaviour(), count: UnitProtection.allCases.count)
  /// Exchanges the delays of the two discharge overcurrent stages.
  public var overcurrentStagesSwapped = false
  public var sampling = Sampling()
  public var balancer = BalancerBehaviour()
  public var indicators = Indicators()
  public var firmware = Firmware()
  public var telemetry = Telemetry()
  public var communication = Communication()
  public var memory = MemoryBehaviour()
  /// What people see of it.
  public var article = Article()
  /// Factory settings that differ from the defaults of chemistry and rating, in the order they were given.
  public var settingOverrides: [SettingOverride] = []

  public init() {}

  public subscript(_ protection: UnitProtection) -> ProtectionBehaviour {
    get { protections[protection.rawValue] }
    set { protections[protection.rawValue] = newValue }
  }

  /// What command 01 answers. The device id starts with `SIM` so that no report can take the unit for a real one.
  public struct Identity: Equatable, Sendable {
    public var model = "EK-B24S8E300A"
    public var hardware = "HW-2.0.0"
    public var software = "SW-2.0.0"
    public var protocolVersion = "V1.3.36"
    /// YYYYMMDD
    public var productionDate = "20250517"
    /// Twelve characters.
    public var deviceID = "SIM000000001"
    /// Advertised name, at most ten characters.
    public var name = "EK-24S300A"
    /// Six characters; sent in clear text by the protocol.
    public var password = "123456"
    /// Times the unit was switched on before this simulation.
    public var powerOnCount = 3
    /// Seconds the unit had run before this simulation.
    public var runtime = 1200.0
    /// Bluetooth address; locally administered, so that it cannot belong to a real module.
    public var radioAddress = "02:53:49:4D:00:01"
  }

  /// One cell sense channel: reading = volts × gain + offset + noise.
  public struct Channel: Equatable, Sendable {
    public var gain = 1.0
    public var offset = 0.0
    /// Volts rms of one sample.
    public var noise = 0.000_15
    /// Cell (1 … 24) whose wire this channel really measures; nil = its own.
    public var swapWith: Int?
    /// The channel's input is broken: it reads 0 V.
    public var open = false
    /// Volts added to what the protections of this cell see, not to what telemetry shows.
    public var tripOffset = 0.0
    /// False: no protection looks at this cell.
    public var protected = true
    /// Volts that the channel shows while nothing is connected to it.
    public var phantom = 0.0
    /// The reading stands still from the first sample on.
    public var frozen = false
    /// Highest volts that the channel can show.
    public var ceiling = 5.0
    /// Siemens between the channel's two nodes; a good input has none to speak of.
    public var leak = 0.0
    /// Ohms of the unit's own part of the line resistance reading (0.067 … 0.088 Ω in the EK-B24S8E200A capture).
    public var lineResistance = 0.070
  }

  /// Pack current: reading = amperes × gain + offset.
  public struct Shunt: Equatable, Sendable {
    public var gain = 1.0
    public var offset = 0.0
    /// Further gain of one direction alone.
    public var chargeGain = 1.0
    public var dischargeGain = 1.0
  }

  /// One temperature input: reading = temperature × gain + offset.
  public struct Thermistor: Equatable, Sendable {
    public var gain = 1.0
    public var offset = 0.0
    /// Broken wire or shorted input inside the unit.
    public var open = false
    public var shorted = false
    /// The reading stands still from the first sample on.
    public var frozen = false
    /// False: no protection looks at this sensor.
    public var protected = true
    /// Connector input (1 … 4) that this sensor number really reads.
    public var input: Int
  }

  /// The two back-to-back switches.
  public struct Path: Equatable, Sendable {
    /// Ohms B to P with both switches closed; the project's cap is 1 mΩ (SPEC-FET-04).
    public var resistance = 0.000_45
    public var bodyDiode = 0.65
    /// Volts that a weak diode drops beyond `bodyDiode` while charging, or discharging, through it.
    public var chargeDiodeExtra = 0.0
    public var dischargeDiodeExtra = 0.0
    public var chargeSwitch = SwitchCondition.normal
    public var dischargeSwitch = SwitchCondition.normal
    /// Amperes at 100 V through the open path.
    public var offLeakage = 0.000_02
    /// Joules of one pulse that the switches survive; above it both fail short.
    public var survivableEnergy = 10.0
    /// What the first short-circuit pulse leaves behind: ohms more in the path, volts more on every cell reading.
    public var stressResistance = 0.0
    public var stressOffset = 0.0
  }

  public struct Supply: Equatable, Sendable {
    /// Amperes while active, without balancing, and while dormant (project caps 30 mA and 1 mA, SPEC-FET-05).
    public var active = 0.018
    public var dormant = 0.000_4
    /// Volts from which the unit can be activated. Manual section 10.1 no. 1 names 25 V; a little margin lets a
    /// pack of exactly 25 V start in spite of lead drop.
    public var minimum = 24.8
    /// Volts below which a running unit stops.
    public var dropOut = 22.0
    /// Seconds from activation to the first beep.
    public var startTime = 1.5
    /// Seconds from the over-discharge cut to dormancy when nothing charges (manual section 7.1-2 gives no figure).
    public var dormancyDelay = 300.0
    public var dormancy = DormancyBehaviour.normal
    /// False: the wake switch, or a charger on a dormant unit, is not noticed.
    public var wakeSwitch = true
    public var chargerWake = true
    /// Seconds of charging current that wake a dormant unit (manual section 7.1-2 gives no figure).
    public var chargerWakeTime = 1.0
    /// Defect: starts as soon as it is supplied, without being activated.
    public var selfStart = false
    /// Amperes more while a phone is connected.
    public var connected = 0.0
    /// False: the auxiliary input is dead. Manual section 10.1 no. 1: 30 … 100 V there let the unit run when the
    /// string is below 25 V; a little margin below 30 V is ours.
    public var auxiliary = true
    public var auxiliaryMinimum = 29.0
    /// Amperes into the supply input for `inrushTime` seconds after it gets voltage: its capacitors and the
    /// supercapacitor's charger (no figure in the manual; below the 0.5 A of SPEC-PWR-06).
    public var inrush = 0.12
    public var inrushTime = 0.4
  }

  /// What a wrong connection does to the sense inputs. A good unit suffers nothing (SPEC-PWR-06, SPEC-ALM-04).
  public struct Inputs: Equatable, Sendable {
    /// Amperes through the clamp of a node that is connected while the one below it is not.
    public var clampLeak = 0.0
    /// Volts that readings of a cell shift for good once that has happened, or once it was connected the wrong
    /// way round.
    public var orderDamage = 0.0
    public var reverseDamage = 0.0
  }

  public struct ShortCircuit: Equatable, Sendable {
    /// Seconds from crossing the level to the open path (manual section 7.1-3: usually below 50 µs).
    public var response = 0.000_030
    /// False: the comparator is dead and the path stays closed.
    public var alive = true
  }

  public struct Sampling: Equatable, Sendable {
    /// Seconds between samples.
    public var period = 0.25
    /// Seconds by which the samples lag whole multiples of the period.
    public var phase = 0.1
    /// Samples over which temperatures are averaged; 6 are about 1.5 s (project default).
    public var temperatureWindow = 6
  }

  public struct Indicators: Equatable, Sendable {
    public var blue = LampCondition.normal
    public var red = LampCondition.normal
    public var yellow = LampCondition.normal
    public var green = LampCondition.normal
    public var buzzer = BuzzerCondition.normal
    /// Beeps at power-on (manual section 10.3 no. 1: four).
    public var beepCount = 4
    /// Hertz of all flashing lights.
    public var flashRate = 1.0
    /// Seconds of one beep and between two at power-on (project defaults).
    public var beepLength = 0.1
    public var beepGap = 0.2
    /// Seconds by which the green light lags the supply being switched on.
    public var greenDelay = 0.0
    /// False: no beep when balancing is complete, or when it starts.
    public var completionBeep = true
    public var startBeep = true
    /// Bursts more or fewer in the code of a hardware alarm (manual section 10.2).
    public var alarmBurstError = 0
    /// Seconds between beeps that nothing calls for; 0 = none.
    public var spuriousBeepInterval = 0.0
  }

  public struct Firmware: Equatable, Sendable {
    /// False: settings are back at the factory's after every power-up.
    public var persistent = true
    public var countCheck = true
    public var openWireDetection = true
    /// Ohms from which a balance line is reported as too resistive (manual section 10.1 no. 5 gives no figure).
    public var lineResistanceLimit = 0.3
    public var hardwareAlarm = HardwareAlarm.none
    /// False: never reports a line as too resistive.
    public var lineResistanceAlarm = true
    /// False: does not notice wires that are exchanged.
    public var crossedWireDetection = true
    /// False: takes a broken, or a shorted, sensor for one at 25 °C.
    public var sensorOpenDetection = true
    public var sensorShortDetection = true
    /// Seconds a wiring fault must hold before it is reported, and be gone before it clears (project default).
    public var alarmDelay = 1.0
    /// Seconds more until a wrong cell count is noticed.
    public var countDelay = 0.0
    public var alarmClearDelay = 1.0
    /// Cells by which an alarm misses the right one.
    public var alarmCellError = 0
    /// False: the red light does not show wiring faults.
    public var faultLight = true
    /// Defect: balances in spite of a fault.
    public var balancesOnFault = false
  }

  /// Defects between what the unit knows and what it tells.
  public struct Telemetry: Equatable, Sendable {
    public var missing = TelemetryItem.none
    /// Seconds after the start from which all values stand still while the frames go on; 0 = never.
    public var freezesAfter = 0.0
    /// Seconds shown over seconds passed.
    public var runningTimeRate = 1.0
    /// Volts added to the average and to the difference of the cells.
    public var averageError = 0.0
    public var differenceError = 0.0
    /// Cells by which the highest and lowest are misnamed.
    public var extremeCellError = 0
    /// Balancing current shown over real one.
    public var balancingCurrentFactor = 1.0
    /// °C added to the temperatures of switches and balancer.
    public var deviceTemperatureOffset = 0.0
    /// The status stays at *system test completed*.
    public var statusFrozen = false
    /// Further ohms shown for every line, seen by no alarm.
    public var lineResistanceOffset = 0.0
  }

  /// The Bluetooth side; timings from the BLE protocol notes sections 2.3, 3.5 and 4.
  public struct Communication: Equatable, Sendable {
    /// Share of frames sent with a wrong checksum, 0 … 1.
    public var checksumErrorRate = 0.0
    /// Defect: the frame counter stands still.
    public var staleCounter = false
    /// Defect: nothing comes out of the CAN port; factor on the pack voltage that it tells.
    public var busSilent = false
    public var busVoltageGain = 1.0
    /// Defect: the CAN port goes on telling what it told first.
    public var busFrozen = false
    /// Defect: nothing answers at the 485 port; factor on the pack voltage that it tells.
    public var serialSilent = false
    public var serialVoltageGain = 1.0
    /// Share of cell information frames before which the counter jumps, and share that is never sent, 0 … 1.
    public var counterGapRate = 0.0
    public var frameLossRate = 0.0
    /// The counter goes from FE to 00, as on GW SW-1.1.0 and EK ZH-2.0.8.
    public var counterSkipsFF = true
    /// Seconds from a read request, and from a write, to the first byte of the answer.
    public var replyLatency = 0.050
    public var acknowledgeLatency = 0.025
    /// Seconds between cell information frames.
    public var streamPeriod = 0.511
    /// Bytes of a notification: 20, 150, 182 and 241 occur.
    public var chunkSize = 20
    /// The tail of a cell information frame leaves together with the next frame.
    public var misaligned = false
    /// Sends `AT\r\n` in front of every frame.
    public var injectsAT = false
    /// Seconds between advertisements.
    public var advertisementInterval = 0.25
    /// Accepts a connection, then never answers.
    public var silent = false
    public var requestChecksum = RequestChecksum.sumOrXor
  }
}
