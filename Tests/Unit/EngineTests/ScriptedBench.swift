import Capabilities
import Engine
import Model
import Ports
import Quantities

/// A bench of scripted instruments with every role that safety rests on.
struct ScriptedBench {
  let world: TestWorld
  let plant: ScriptedPlant
  let bench: Bench

  /// Volts per ampere at the loop shunt.
  static let shunt = 0.005
  static let safeState: [SafeStateStep] = [
    step(.disableShort), step(.loopOff), step(.loopCurrentFalls, AnyQuantity(1, .current), within: 0.5),
    step(.openLoopContactor), step(.cellsToRest, AnyQuantity(3.3, .voltage)), step(.thermistorsToAmbient),
    step(.openEmulatorContactor), step(.connectDischarge),
    step(.terminalsDead, AnyQuantity(5, .voltage), within: 2),
  ]

  static func step(_ action: SafeStateStep.Action, _ limit: AnyQuantity? = nil, within: Double = 0.2)
    -> SafeStateStep
  {
    SafeStateStep(action: action, limit: limit, within: TimeSpan(within))
  }

  /// - Parameters:
  ///   - without: Roles the rig does not offer.
  ///   - unreached: Roles the rig offers but whose instrument could not be connected.
  ///   - torn: Roles that have one more member, on an instrument that could not be connected.
  ///   - watches: Live limits of the rig.
  init(
    without: Set<RoleName> = [], unreached: Set<RoleName> = [], torn: Set<RoleName> = [],
    watches: [WatchRule] = []
  ) {
    let world = TestWorld()
    let plant = ScriptedPlant(world)
    let instruments: [String: any Instrument] = [
      "emulator": ScriptedEmulator("emulator", plant), "source": ScriptedSource("source", plant),
      "meter": ScriptedMeter("meter", plant), "ntc": ScriptedThermistors("ntc", plant),
      "bank": ScriptedSupply("bank", plant), "line": ScriptedLineBank("line", plant),
      "ohmmeter": ScriptedOhmmeter("ohmmeter", plant),
    ]
    var roles = Self.roles.filter { !without.contains($0.name) }
    var reached: [RoleName: [Bench.Member]] = [:]
    for role in roles where !unreached.contains(role.name) {
      reached[role.name] = role.members.map {
        .init(instrument: instruments[$0.instrument]!, channel: $0.channel)
      }
    }
    for index in roles.indices where torn.contains(roles[index].name) {
      roles[index].members.append(ChannelReference("absent", 1))
    }
    self.world = world
    self.plant = plant
    var rig = Self.rig(roles)
    rig.watches = watches
    bench = Bench(
      world: world, rig: rig, members: reached.filter { !torn.contains($0.key) },
      reached: reached, cellCount: 16, restVoltage: 3.2)
  }

  private static let roles: [RigRole] = [
    role(.cells, "emulator", Array(1...16)), role(.packVoltage, "meter", [1]),
    role(.portVoltage, "meter", [2]),
    role(.loopCurrent, "meter", [3]), role(.loopSource, "source", [1]),
    role(.thermistors, "ntc", [1, 2, 3, 4]), role(.thermistorReference, "ohmmeter", [1, 2, 3, 4]),
    role(.thermistorCheck, "line", [5]),
    role(.shortBank, "bank", [1]), role(.emulatorContactor, "line", [0]), role(.loopContactor, "line", [1]),
    role(.dischargeResistors, "line", [2]), role(.shortTrigger, "line", [4]),
    role(.emergencyStop, "line", [10], activeLevel: false), role(.cover, "line", [11]),
    role(.emulatorContactorMirror, "line", [12]), role(.loopContactorMirror, "line", [13]),
  ]

  private static func role(
    _ name: RoleName, _ instrument: String, _ channels: [Int], activeLevel: Bool = true
  ) -> RigRole {
    RigRole(name: name, members: channels.map { ChannelReference(instrument, $0) }, activeLevel: activeLevel)
  }

  private static func rig(_ roles: [RigRole]) -> Rig {
    Rig(
      name: "scripted", title: "Scripted", revision: "1", instruments: [], roles: roles,
      wiring: Wiring(
        cellLeadResistance: Resistance(0.01), loopCurrentScale: Resistance(shunt),
        supplyCurrentScale: Resistance(1),
        loopResistance: Resistance(0.002), shortLoopInductanceHenries: 1e-6,
        shortLoopResistance: Resistance(0.02),
        pulseCurrentScale: Resistance(0.001)),
      envelope: SafetyEnvelope(
        cellVoltageMin: Voltage(0), cellVoltageMax: Voltage(4.5), packVoltageMax: Voltage(72),
        loopCurrentMax: Current(350), loopComplianceMax: Voltage(5), shortBankVoltageMax: Voltage(48)),
      safeState: safeState, unitLink: UnitLink(transport: "ble", address: "sim://unit", name: ""))
  }

  /// Cells on, both contactors closed, 100 A flowing, bank charged.
  func energise() async throws {
    try await bench.setAllCells(3.2)
    try await bench.setCellOutputs(true)
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.closeLoop()
    try await bench.setLoop(current: 100, compliance: 5)
    try await bench.chargeShortBank(volts: 20, current: 1)
    plant.log = []
  }
}
