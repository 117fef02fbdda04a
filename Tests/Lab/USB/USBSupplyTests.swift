import Capabilities
import Emulation
import Instruments
import LinuxPorts
import Ports
import Quantities
import Simulation
import Testing

/// The project's own supply driver with a `usb://` address, and the simulated supply behind an emulated USB plug.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct USBSupplyTests {
  static let serial = "MY61000024"
  static let address = "usb://2A8D:1202/\(serial)"

  private static func supply() throws -> any USBFunction {
    let entry = try #require(InstrumentCatalog.entry("keysight-e36312a"))
    // Bound first: the compiler does not survive calling it in one expression.
    let makeTwin = try #require(entry.makeTwin)
    let twin = try makeTwin(
      TwinContext(
        name: "bank", serial: serial, circuit: Circuit(parameters: CircuitParameters()), terminals: [:],
        random: SeededRandom(seed: 1), options: [:]))
    return USBTMCInstrument(
      twin, vendor: 0x2A8D, product: 0x1202, maker: "Keysight", name: "E36312A", serial: serial)
  }

  @Test func `the driver sets, measures and makes safe over USB`() throws {
    let device = try PluggedDevice { try Self.supply() }
    defer { device.pull() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(Self.address, world)
      let entry = try #require(InstrumentCatalog.entry("keysight-e36312a"))
      let instrument = try entry.make(
        DriverContext(name: "bank", serial: Self.serial, port: .messages(port), world: world))
      let supply = try #require(instrument as? any Supply)
      let identity = try await supply.open()
      #expect(identity.serial == Self.serial)
      try await supply.program(channel: 2, voltage: .volts(12), currentLimit: .amperes(0.5))
      try await supply.setOutput(true, channel: 2)
      let reading = try await supply.measureVoltage(channel: 2)
      #expect(abs(reading.value - 12) < 0.02)
      let report = await supply.makeSafe()
      #expect(report.confirmed)
      let after = try await supply.measureVoltage(channel: 2)
      #expect(abs(after.value) < 0.02)
      await supply.close()
    }
  }

  @Test func `the kernel's driver speaks to the same supply`() throws {
    try Lab.load("usbtmc")
    let device = try PluggedDevice { try Self.supply() }
    defer { device.pull() }
    #expect(
      try KernelInstrument.ask("/dev/usbtmc0", "*IDN?\n").hasPrefix(
        "Keysight Technologies,E36312A,\(Self.serial),"))
    #expect(try KernelInstrument.ask("/dev/usbtmc0", "VOLT 7.5,(@2);VOLT? (@2)\n").contains("7.5"))
  }

  @Test func `the supply is safe after its plug was pulled as far as anybody can say`() throws {
    let device = try PluggedDevice { try Self.supply() }
    try LinuxWorld.run(takesSignals: false) { world in
      let port = try await openWhenThere(Self.address, world)
      let entry = try #require(InstrumentCatalog.entry("keysight-e36312a"))
      let instrument = try entry.make(
        DriverContext(name: "bank", serial: Self.serial, port: .messages(port), world: world))
      _ = try await instrument.open()
      device.pull()
      // Nothing confirms it: the run ends with "safe state not confirmed".
      let report = await instrument.makeSafe()
      #expect(!report.confirmed)
      await instrument.close()
    }
  }
}
