import Ports
import Simulation
import Testing

@testable import DUT

@Suite struct UnitRadioTests {
  func linked(_ values: [(String, UnitParameterValue)] = []) throws -> UnitBench {
    let bench = UnitBench(try .quiet(values))
    bench.activate()
    bench.connect()
    return bench
  }

  @Test func `it tells who it is, marked as simulated`() throws {
    let bench = try linked()
    bench.send(.read(.deviceInfo))
    let info = try #require(bench.frames(within: 0.2).compactMap { DeviceInfo(decoding: $0.bytes) }.first)
    #expect(info.model == "EK-B24S8E300A" && info.bluetoothName == "EK-24S300A")
    #expect(info.deviceIdentity.hasPrefix("SIM") && info.password == "123456")
    #expect(info.powerOnCount == 4)
  }

  @Test func `settings carry the manual's defaults, then the stream starts by itself`() throws {
    let bench = try linked()
    bench.send(.read(.settings))
    let frames = bench.frames(within: 5.5)
    let settings = try #require(frames.first.flatMap { SettingsV2(decoding: $0.bytes) })
    #expect(settings.cellCount == 24)
    #expect(
      Float(settings.cellOvervoltageVolts) == 3.65 && Float(settings.cellUndervoltageRecoveryVolts) == 2.9)
    #expect(settings.chargeOvercurrentAmperes == 300 && settings.dischargeOvercurrentAmperes == 120)
    #expect(settings.dischargeUndertemperatureRecoveryCelsius == -5)
    #expect(settings.dischargeOvercurrent2DelayMilliseconds == 1000)
    #expect(settings.shortCircuitDelayMicroseconds == 500)
    let stream = frames.dropFirst().compactMap { CellInfo(decoding: $0.bytes, version: .v2) }
    #expect((9...11).contains(stream.count))
    #expect(stream.map(\.frameCounter) == Array(0..<stream.count))
    #expect(frames.allSatisfy { $0.checksumOK })
  }

  @Test func `every register that settings show is stored and read back`() throws {
    let bench = try linked()
    for register in SettingsRegister.all where register.access == .setting && register.v2 != nil {
      guard let range = register.manualRange ?? register.range else { continue }
      bench.send(.read(.settings))
      let before = try #require(
        bench.frames(within: 0.3).compactMap { SettingsV2(decoding: $0.bytes) }.first.map(Settings.v2))
      let held = before.value(of: register)?.number ?? 0
      let wish = held == range.lowerBound ? range.lowerBound + 1 : (held + range.lowerBound) / 2
      guard range.contains(wish), !register.name.contains("battery_type") else { continue }
      let value: RegisterValue = register.type == .integer ? .integer(Int(wish.rounded())) : .float(wish)
      guard bench.accepts(register, value) else { continue }
      bench.send(try .write(register, value: value))
      let frames = bench.frames(within: 0.2)
      #expect(frames.contains { $0.bytes.count == 20 && $0.bytes[5] == register.number }, "\(register)")
      bench.send(.read(.settings))
      let after = try #require(
        bench.frames(within: 0.3).compactMap { SettingsV2(decoding: $0.bytes) }.first.map(Settings.v2))
      #expect(after.value(of: register)?.agrees(with: value) == true, "\(register)")
    }
  }

  @Test func `a value out of range is acknowledged and not stored`() throws {
    let bench = try linked()
    bench.send(try .write(.balanceStopVoltage, value: 1.2))
    #expect(bench.frames(within: 0.2).contains { $0.bytes.count == 20 })
    #expect(bench.unit.settings[.balanceStopVoltage] == 2.9)
  }

  @Test func `settings survive a power cycle and the count of starts goes up`() throws {
    let bench = try linked()
    try bench.write(.balanceStartDifference, 0.033)
    bench.powerCycle()
    #expect(Float(bench.unit.settings[.balanceStartDifference]) == 0.033)
    bench.connect()
    bench.send(.read(.deviceInfo))
    #expect(bench.frames(within: 0.2).compactMap { DeviceInfo(decoding: $0.bytes) }.first?.powerOnCount == 5)
    let forgetful = try linked([("firmware.persistent", .flag(false))])
    try forgetful.write(.balanceStartDifference, 0.033)
    #expect(Float(forgetful.unit.settings[.balanceStartDifference]) == 0.033)
    forgetful.powerCycle()
    #expect(forgetful.unit.settings[.balanceStartDifference] == 0.005)
  }

  @Test(arguments: [20, 150, 182, 241], [false, true])
  func `any notification size and alignment carries the same frames`(size: Int, misaligned: Bool) throws {
    let bench = try linked([
      ("communication.chunk-size", .integer(size)), ("communication.misaligned", .flag(misaligned)),
      ("communication.injects-at", .flag(misaligned)),
    ])
    bench.send(.read(.settings))
    let frames = bench.frames(within: 6)
    #expect(frames.count >= 9 && frames.allSatisfy { $0.checksumOK })
  }

  @Test func `link defects are seen by whoever looks`() throws {
    let corrupt = try linked([("communication.checksum-error-rate", .number(0.5))])
    corrupt.send(.read(.cellInfo))
    let frames = corrupt.frames(within: 30)
    #expect(frames.contains { !$0.checksumOK } && frames.contains { $0.checksumOK })
    let stale = try linked([("communication.stale-counter", .flag(true))])
    stale.send(.read(.cellInfo))
    #expect(Set(stale.frames(within: 5).map { $0.bytes[8] }) == [0])
    let silent = try linked([("communication.silent", .flag(true))])
    silent.send(.read(.settings))
    #expect(silent.frames(within: 5).isEmpty)
    let wrong = try linked([("identity.model", .text("EK-B24S8E200A"))])
    wrong.send(.read(.deviceInfo))
    #expect(
      wrong.frames(within: 1).compactMap { DeviceInfo(decoding: $0.bytes) }.first?.model == "EK-B24S8E200A")
  }

  @Test func `requests with sum or XOR are answered, others are not`() throws {
    for (rule, answered) in [(ChecksumRule.sum, true), (.xor, true)] {
      let bench = try linked()
      bench.send(.read(.deviceInfo, checksum: rule))
      #expect(bench.frames(within: 0.5).isEmpty != answered)
    }
    let bench = try linked()
    var bytes = Request.read(.deviceInfo).bytes
    bytes[18] ^= 1
    bench.unit.write(bytes, at: bench.around.now)
    #expect(bench.frames(within: 0.5).isEmpty)
  }

  @Test func `only one central at a time, and advertising resumes after it`() throws {
    let bench = try linked()
    #expect(!bench.unit.connect(at: bench.around.now))
    #expect(bench.unit.nextAdvertisement(after: bench.around.now) == nil)
    bench.unit.disconnect(at: bench.around.now)
    let next = try #require(bench.unit.nextAdvertisement(after: bench.around.now))
    #expect(next.at >= bench.around.now && (next.at - bench.around.now).seconds < 1)
    let later = try #require(bench.unit.nextAdvertisement(after: next.at + Interval(nanoseconds: 1)))
    #expect(later.at > next.at)
    #expect(bench.unit.nextNotification == nil)
  }

  @Test func `pack current is positive when charging`() throws {
    let bench = try linked()
    for amperes in [-100.0, 100] {
      bench.around.demandedCurrent = amperes
      bench.wait(1)
      #expect(try #require(bench.telemetry()).second?.packAmperes == amperes)
    }
  }
}

extension UnitBench {
  /// The value lies in what the unit itself allows.
  func accepts(_ register: SettingsRegister, _ value: RegisterValue) -> Bool {
    guard
      let field = StoredSettingField.written(command: register.command.rawValue, register: register.number),
      let number = value.number
    else { return false }
    let scale =
      switch field.register.encoding {
      case .float: 1.0
      case .unsigned(let scale): scale
      }
    return field.range(rating: 300, chemistry: .ironPhosphate).contains(number * scale)
  }
}
