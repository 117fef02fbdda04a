import Model
import Simulation

extension RoleName {
  /// Where member `index` of the role (0 is cell 1, NTC 1, node B0) is connected in the circuit; nil
  /// for what a person holds and for what the guard does.
  func terminal(_ index: Int) -> Terminal? {
    switch self {
    case .cells: .cell(index + 1)
    case .cellReference: .cellSense(index + 1)
    case .packVoltage: .packVoltage
    case .portVoltage: .portVoltage
    case .pathDrop: .pathDrop
    case .loopCurrent: .loopShunt
    case .supplyCurrent: .supplyShunt
    case .loopSource: .loopSource
    case .leakageCurrent: .leakageShunt
    case .auxiliarySupply: .auxiliarySupply
    case .thermistors: .thermistor(index + 1)
    case .thermistorReference: .thermistorReference(index + 1)
    case .shortBank: .shortBank
    case .pulseRecorder: .shortCurrent
    case .emulatorContactor: .relay(.emulatorContactor)
    case .loopContactor: .relay(.loopContactor)
    case .dischargeResistors: .relay(.dischargeResistors)
    case .wakeSwitch: .relay(.wakeSwitch)
    case .shortTrigger: .relay(.shortTrigger)
    case .nodeRelays: .relay(.nodeOpen(index))
    case .nodeCrossing: .relay(.nodeCrossing)
    case .lineResistors: .relay(.lineResistor(index))
    case .leakageRelay: .relay(.leakage)
    case .thermistorCheck: .relay(.thermistorCheck)
    case .indicatorTest: .relay(.indicatorTest)
    case .emergencyStop: .contact(.emergencyStop)
    case .cover: .contact(.cover)
    case .emulatorContactorMirror: .contact(.emulatorContactorMirror)
    case .loopContactorMirror: .contact(.loopContactorMirror)
    case .wakeSwitchMirror: .contact(.wakeSwitchMirror)
    case .dischargeMirror: .contact(.dischargeMirror)
    case .blueLED: .indicator(.blue)
    case .redLED: .indicator(.red)
    case .yellowLED: .indicator(.yellow)
    case .greenLED: .indicator(.green)
    case .buzzer: .indicator(.buzzer)
    case .permitLine, .caliper, .ruler, .scale, .ohmmeter, .insulationTester, .climateLogger: nil
    }
  }
}
