import Capabilities
import Modbus
import Ports
import Simulation
import Testing

@testable import DUT

/// The 485 port by each candidate profile, asked by the rig's own reader, in the real circuit.
@Suite struct RS485UnitTests {
  private let circuit = Circuit(parameters: CircuitParameters())
  private let unit: SimulatedUnit
  private let world: SimulatedWorld

  init() {
    unit = SimulatedUnit(parameters: UnitParameters.seeded(SeededRandom(seed: 11)))
    circuit.insert(unit)
    for k in 1...24 { circuit.driveCell(k, volts: 3.3, sourceLimit: 10, sinkLimit: 10, on: true) }
    for n in 1...4 { circuit.setThermistor(n, ohms: 10_000) }
    circuit.setRelay(.emulatorContactor, active: true)
    world = SimulatedWorld(circuit: circuit, seed: 3, calendarStart: "2026-11-22T08:00:00Z")
    for profile in RS485Unit.Profile.allCases {
      let port = UnitSerialPort(unit: unit, profile: profile, unitNumber: 1)
      world.host(stream: port, named: profile.rawValue)
    }
  }

  private func reader(_ profile: RS485Unit.Profile, asking other: RS485Unit.Profile? = nil) -> RS485Unit {
    let name = (other ?? profile).rawValue
    return RS485Unit(
      world: world, profile: profile, unitNumber: 1, isProfileConfirmed: false
    ) { [world] deadline throws(PortError) in
      let address = try PortAddress(parsing: "sim://\(name)")
      return try await world.openStream(address, deadline: deadline)
    }
  }

  private func activate() async throws {
    circuit.setRelay(.wakeSwitch, active: true)
    try await world.sleep(for: .seconds(4))
  }

  @Test(arguments: RS485Unit.Profile.allCases)
  func `a reading is that of the pack`(_ profile: RS485Unit.Profile) throws {
    try world.run {
      try await activate()
      let reader = reader(profile)
      for _ in 0..<3 {
        let asked = world.now
        let told = try await reader.broadcast(after: asked, deadline: asked + .seconds(2))
        #expect((told.packVoltage - 79.2).magnitude < 0.3)
        #expect(try #require(told.packCurrent).magnitude < 1)
        #expect(told.temperatures.count == 2 && told.temperatures.allSatisfy { ($0 - 25).magnitude < 1 })
        #expect(told.cellVoltages.count == (reader.tells(.cellVoltages) ? 24 : 0))
        #expect(told.alarms == (reader.tells(.alarms) ? [] : nil))
        #expect((0...1).contains(try #require(told.stateOfCharge)))
        #expect(told.at > asked && told.at - asked < .seconds(1))
      }
      reader.close()
    }
  }

  @Test(arguments: RS485Unit.Profile.allCases)
  func `a unit that is off, and one that speaks another profile, are silent`(_ profile: RS485Unit.Profile)
    throws
  {
    let other = RS485Unit.Profile.allCases.first { $0 != profile }!
    try world.run {
      for (reader, wake) in [(reader(profile), false), (reader(profile, asking: other), true)] {
        if wake { try await activate() }
        var code: UnitLinkError.Code?
        do throws(UnitLinkError) {
          _ = try await reader.nextFrame(deadline: world.now + .seconds(3))
        } catch { code = error.code }
        #expect(code == .noAnswer)
      }
    }
  }

  @Test func `nothing is ever written, and the password is not asked for`() throws {
    try world.run {
      try await activate()
      let heard = Listener()
      world.host(stream: heard, named: "listener")
      for profile in RS485Unit.Profile.allCases {
        let reader = RS485Unit(
          world: world, profile: profile, unitNumber: 1, isProfileConfirmed: false
        ) { [world] deadline throws(PortError) in
          let address = try PortAddress(parsing: "sim://listener")
          return try await world.openStream(address, deadline: deadline)
        }
        heard.bytes = []
        do throws(UnitLinkError) { _ = try await reader.nextFrame(deadline: world.now + .seconds(5)) } catch {
        }
        #expect(!heard.bytes.isEmpty)
        for message in heard.bytes {
          if profile == .native {
            let request = try #require(Request(decoding: message))
            #expect(request.function == 1)
            #expect(request.command != Command.deviceInfo.rawValue)
          } else {
            #expect(message[1] == 3)
          }
        }
      }
    }
  }

  private final class Listener: InstrumentTwin {
    var bytes: [[UInt8]] = []
    func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
      self.bytes.append(bytes)
      return []
    }
  }

  @Test func `values of the map stand where the notes say`() throws {
    var picture = JKModbus.Picture()
    picture.packVoltage = 79.185
    picture.packCurrent = -12.5
    picture.temperatures = [25.1, -3.4]
    picture.stateOfCharge = 0.55
    picture.cells = [3.3, 3.299]
    #expect(picture.registers(0x1290, count: 2) == [0x0001, 0x3551])
    #expect(picture.registers(0x1298, count: 2) == [0xFFFF, 0xCF2C])
    #expect(picture.registers(0x129C, count: 2) == [251, UInt16(bitPattern: -34)])
    #expect(picture.registers(0x12A6, count: 1) == [55])
    #expect(picture.registers(0x1200, count: 2) == [3300, 3299])
    for (address, count) in [(0x11FF, 1), (0x1300, 10), (0x1000, 1), (0x1600, 1)] {
      #expect(picture.registers(address, count: count) == nil)
    }
  }
}
