import Ports
import Testing

@testable import DUT

@Suite struct InverterBroadcastTests {
  private func frame(_ identifier: UInt32, _ bytes: [UInt8], isExtended: Bool = false) -> CANFrame {
    CANFrame(identifier: identifier, isExtended: isExtended, bytes: bytes, at: .start)
  }

  @Test func `measurements are little-endian and signed`() {
    var picture = InverterBroadcast()
    // 79.20 V, −12.5 A, 25.0 °C
    #expect(picture.take(frame(0x356, [0xF0, 0x1E, 0x83, 0xFF, 0xFA, 0x00])))
    #expect(picture.voltage == 79.2)
    #expect(picture.current == -12.5)
    #expect(picture.temperature == 25)
  }

  @Test func `alarms stand at the bits of the table`() {
    var picture = InverterBroadcast()
    #expect(picture.take(frame(0x359, [0x82, 0x01, 0, 0, 1, 0x50, 0x4E])))
    #expect(
      picture.alarms.overvoltage && picture.alarms.dischargeOvercurrent && picture.alarms.chargeOvercurrent)
    #expect(!picture.alarms.undervoltage && !picture.alarms.systemError)
  }

  @Test(arguments: [
    (UInt32(0x356), [UInt8](repeating: 0xFF, count: 5), false),
    (0x356, [UInt8](repeating: 0xFF, count: 8), true),
    (0x123, [1, 2, 3], false), (0x35C, [], false),
  ])
  func `short, extended and foreign frames change nothing`(
    _ identifier: UInt32, _ bytes: [UInt8], _ isExtended: Bool
  ) {
    var picture = InverterBroadcast()
    #expect(!picture.take(frame(identifier, bytes, isExtended: isExtended)))
    #expect(picture == InverterBroadcast())
  }

  @Test func `what is encoded decodes to the same`() throws {
    var sent = InverterBroadcast()
    sent.voltage = 79.21
    sent.current = -300.1
    sent.temperature = -12.3
    sent.stateOfCharge = 57
    sent.chargeVoltage = 87.6
    sent.chargeCurrentLimit = 300
    sent.dischargeCurrentLimit = 120
    sent.alarms.undertemperature = true
    sent.dischargeEnabled = false
    var heard = InverterBroadcast()
    for identifier in InverterBroadcast.identifiers {
      #expect(heard.take(frame(identifier, try #require(sent.bytes(identifier)))))
    }
    #expect(heard == sent)
  }
}
