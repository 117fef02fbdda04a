import DUT
import Ports
import Testing

@Suite struct BMSSessionWriteTests {
  let unit = ScriptedUnit()

  func openSession() async throws -> BMSSession {
    let session = BMSSession(port: unit, world: unit)
    try await session.open(deadline: unit.now + .seconds(20))
    return session
  }

  func refusal(
    _ session: BMSSession, _ register: SettingsRegister, _ value: RegisterValue
  ) async -> BMSLinkError.Code? {
    let before = unit.requests.count
    do {
      _ = try await session.write(register, value: value, deadline: unit.now + .seconds(10))
      return nil
    } catch {
      #expect(unit.requests.count == before, "something was sent although the write was refused")
      return error.code
    }
  }

  @Test func `a write is proven by reading the settings again`() async throws {
    let session = try await openSession()
    let proof = try await session.write(.cellOvervoltage, value: 3.7, deadline: unit.now + .seconds(10))
    #expect(proof.acknowledged && proof.proven && proof.slotSettled)
    #expect(proof.before?.agrees(with: 3.65) == true)
    #expect(proof.readBack?.agrees(with: 3.7) == true)
    #expect(unit.requests(.writeProtection) == 1)
    let settings = try await session.readSettings(deadline: unit.now + .seconds(5))
    #expect(settings.value(of: .cellOvervoltage)?.agrees(with: 3.7) == true)
  }

  @Test func `an acknowledge alone proves nothing`() async throws {
    unit.takesWrites = false
    let session = try await openSession()
    let proof = try await session.write(.cellOvervoltage, value: 3.7, deadline: unit.now + .seconds(10))
    #expect(proof.acknowledged)
    #expect(!proof.proven)
    #expect(proof.description.contains("is not proven"))
  }

  @Test func `a write without acknowledge is sent once and still read back`() async throws {
    unit.acknowledges = false
    let session = try await openSession()
    let proof = try await session.write(.cellOvervoltage, value: 3.7, deadline: unit.now + .seconds(10))
    #expect(!proof.acknowledged)
    #expect(proof.proven)
    #expect(unit.requests(.writeProtection) == 1)
    #expect(session.statistics.acknowledgesMissed == 1)
  }

  @Test func `a late answer from before the write proves nothing`() async throws {
    let session = try await openSession()
    // The first request is answered so late that it is asked again: one answer is still under way at the write.
    unit.settingsDelay = .seconds(4)
    let proof = try await session.write(.cellOvervoltage, value: 3.7, deadline: unit.now + .seconds(20))
    #expect(proof.proven)
    #expect(session.statistics.readsRepeated == 1)
  }

  @Test func `closed registers and wrong values are refused before a byte is sent`() async throws {
    let session = try await openSession()
    let calibration = try #require(SettingsRegister.named("reference_voltage_v"))
    #expect(await refusal(session, calibration, 3.3) == .registerRefused)
    #expect(await refusal(session, .cellOvervoltage, 5.1) == .registerRefused)
    #expect(await refusal(session, .balanceCurrentMax, 9) == .registerRefused)
    #expect(await refusal(session, .cellCount, "16") == .registerRefused)
  }

  @Test func `nothing is written before the session is open`() async throws {
    let session = BMSSession(port: unit, world: unit)
    #expect(await refusal(session, .cellOvervoltage, 3.7) == .notOpen)
  }

  @Test func `model and settings that disagree stop every write`() async throws {
    unit.info.model = "GW-24S4EB"
    let session = try await openSession()
    #expect(session.version == .v2)
    #expect(session.anomaly?.contains("GW-24S4EB") == true)
    #expect(!session.writesAllowed)
    #expect(await refusal(session, .balanceStartDifference, 0.005) == .writesBlocked)
  }

  @Test func `live values of the other generation stop every write`() async throws {
    unit.cells = CellInfo(
      decoding: CaptureFile.named("ek-24s4eb-zh2.1.1-cell-info-83").bytes, version: .v1)!
    let session = try await openSession()
    #expect(session.anomaly?.contains("v1") == true)
    #expect(await refusal(session, .balanceStartDifference, 0.005) == .writesBlocked)
  }

  @Test func `a first generation unit has balancer registers only`() async throws {
    unit.info = DeviceInfo(decoding: CaptureFile.named("ek-24s4eb-zh2.0.8-device-info").bytes)!
    unit.settings = Settings(decoding: CaptureFile.named("ek-24s4eb-zh2.1.1-settings").bytes)!
    unit.cells = CellInfo(
      decoding: CaptureFile.named("ek-24s4eb-zh2.1.1-cell-info-83").bytes, version: .v1)!
    let session = try await openSession()
    #expect(session.version == .v1 && session.writesAllowed)
    #expect(await refusal(session, .cellOvervoltage, 3.7) == .registerUnsupported)
    let proof = try await session.write(.balancingEnabled, value: 0, deadline: unit.now + .seconds(10))
    #expect(proof.proven && proof.before == 1)
    let live = try await session.nextCellInfo(after: nil, deadline: unit.now + .seconds(2))
    #expect(live.cellInfo.version == .v1)
  }

  @Test func `the name is proven by the device info`() async throws {
    let session = try await openSession()
    let proof = try await session.write(.bluetoothName, value: "RIG-7", deadline: unit.now + .seconds(10))
    #expect(proof.proven && proof.before == "EK-24S200A")
  }

  @Test func `a proof by a doubtful place says so`() async throws {
    let session = try await openSession()
    let proof = try await session.write(.balancingEnabled, value: 0, deadline: unit.now + .seconds(10))
    #expect(proof.proven)
    #expect(!proof.slotSettled)
  }

  @Test func `the same script gives the same record`() async throws {
    func record() async throws -> String {
      let unit = ScriptedUnit()
      unit.deaf = [1: 1]
      let session = BMSSession(port: unit, world: unit)
      try await session.open(deadline: unit.now + .seconds(20))
      let proof = try await session.write(.cellOvervoltage, value: 3.7, deadline: unit.now + .seconds(10))
      return "\(proof) \(session.statistics) \(unit.now)"
    }
    #expect(try await record() == record())
  }
}
