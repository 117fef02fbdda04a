import DUT
import Ports
import Testing

@Suite struct RequestTests {
  @Test(
    arguments: [
      (Command.deviceInfo, 0x26, 0xFA), (.cellInfo, 0x27, 0xF9), (.factoryDefaults, 0x28, 0xF8),
      (.settings, 0x29, 0xFF),
    ] as [(Command, UInt8, UInt8)])
  func `read requests carry the published checksums`(command: Command, sum: UInt8, xor: UInt8) {
    #expect(Request.read(command).bytes[18] == sum)
    #expect(Request.read(command, checksum: .xor).bytes[18] == xor)
    #expect(Request(decoding: Request.read(command).bytes)?.checksumRule == .sum)
  }

  @Test func `our writes are the app's writes`() throws {
    let on = try Request.write(.balancingEnabled, value: 1, checksum: .xor)
    #expect(on.bytes == CaptureFile.named("gw-24s4eb-sw1.1.0-request-balancer-on").bytes)
    let off = try Request.write(.balancingEnabled, value: 0, checksum: .xor)
    #expect(off.bytes == CaptureFile.named("gw-24s4eb-sw1.1.0-request-balancer-off").bytes)
    let delta = try Request.write(.balanceStartDifference, value: 0.008, checksum: .xor)
    #expect(delta.bytes == CaptureFile.named("gw-24s4eb-sw1.1.0-request-trigger-delta").bytes)
    let read = Request.read(.settings)
    #expect(read.bytes == CaptureFile.named("ek-24s4eb-zh2.0.8-request-settings").bytes)
  }

  @Test func `a unit answers a write as captured`() throws {
    let request = try Request.write(.balanceStartDifference, value: 0.008)
    let answer = CaptureFile.named("gw-24s4eb-sw1.1.0-ack-register-02").bytes
    #expect(Acknowledge(to: request).encoded() == answer)
  }

  @Test(arguments: SettingsRegister.all.filter { $0.access != .setting })
  func `calibration and factory registers are never written`(register: SettingsRegister) {
    for value in [RegisterValue.float(1), .integer(1), .text("20250101")] {
      let error = #expect(throws: RegisterError.self) { try Request.write(register, value: value) }
      #expect(error?.code == .closed)
    }
  }

  @Test(arguments: SettingsRegister.all.filter { $0.range != nil })
  func `a value out of range is refused before a byte is built`(register: SettingsRegister) throws {
    let range = try #require(register.range)
    let step = max(1, range.upperBound.magnitude * 1e-3)
    for value in [range.lowerBound - step, range.upperBound + step, .nan, .infinity] {
      let error = #expect(throws: RegisterError.self) { try Request.write(register, value: .float(value)) }
      #expect(error?.code == .outOfRange)
    }
    for value in [range.lowerBound, range.upperBound] {
      let request = try Request.write(register, value: .float(value))
      #expect(register.value(in: request).agrees(with: .float(value)))
      #expect(SettingsRegister.find(command: request.command, number: request.register) == register)
    }
  }

  @Test func `values of the wrong type are refused`() {
    func code(_ register: SettingsRegister, _ value: RegisterValue) -> RegisterError.Code? {
      #expect(throws: RegisterError.self) { try Request.write(register, value: value) }?.code
    }
    #expect(code(.cellCount, 16.5) == .wrongType)
    #expect(code(.cellCount, "16") == .wrongType)
    #expect(code(.bluetoothName, 7) == .wrongType)
    #expect(code(.bluetoothName, "elevenchars") == .outOfRange)
    #expect(code(.bluetoothName, "") == .outOfRange)
    #expect(code(.bluetoothName, "Größe") == .outOfRange)
  }

  @Test func `a name fills the payload with zeros behind`() throws {
    let request = try Request.write(.bluetoothName, value: "EK-1")
    #expect(request.payload == Array("EK-1".utf8) + [0, 0, 0, 0, 0, 0])
    #expect(request.textValue == "EK-1")
  }

  @Test func `the catalogue is free of doubles`() {
    let all = SettingsRegister.all
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Set(all.map { "\($0.command) \($0.number)" }).count == all.count)
    #expect(SettingsRegister.named("cell_undervoltage_protection_v")?.number == 4)
  }

  /// The values of the one public settings frame of the second generation.
  @Test func `every protection register finds its value in the settings`() throws {
    let capture = CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings")
    let settings = try #require(Settings(decoding: capture.bytes))
    for register in SettingsRegister.all where register.command == .writeProtection {
      let expected = try #require(capture.expected["values"]?[register.name]?.doubleValue, "\(register)")
      let value = try #require(settings.value(of: register)?.number)
      #expect(abs(value - expected) < 1e-5, "\(register)")
    }
  }

  @Test func `a value that does not fit the settings is not taken`() throws {
    var settings = Settings.v2(SettingsV2())
    func taken(_ register: SettingsRegister, _ value: RegisterValue) -> Bool {
      settings.set(register, to: value)
    }
    #expect(taken(.cellCount, 256) == false)
    #expect(taken(.chargeOvercurrentDelay, 65536) == false)
    #expect(taken(.cellOvervoltage, .float(.nan)) == false)
    #expect(taken(.chargeOvercurrentDelay, 65535))
    #expect(settings.value(of: .chargeOvercurrentDelay) == 65535)
    #expect(taken(.nominalCapacity, 320))
    #expect(settings.value(of: .nominalCapacity)?.agrees(with: 320) == true)
  }
}
