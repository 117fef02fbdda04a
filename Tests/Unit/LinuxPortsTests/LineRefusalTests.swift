import Ports
import Testing

@testable import LinuxPorts

/// What needs no GPIO chip; the rest is tested in the lab, over chips that the kernel simulates.
struct LineRefusalTests {
  @Test(arguments: [
    ("gpio://no-such-chip", PortError.Code.notFound, "'no-such-chip'", "gpiodetect"),
    ("gpio:///dev/null", .badAddress, "/dev/null is not a GPIO chip", "gpiodetect"),
    ("gpio:///dev/no-such-chip", .notFound, "/dev/no-such-chip", "gpiodetect"),
    ("gpio://gpiochip0?bias=up", .badAddress, "'bias'", "Leave it out"),
    ("tcp://127.0.0.1:5025", .badAddress, "'tcp'", "gpio://gpiochip0"),
  ])
  func `an address without lines is refused`(
    text: String, code: PortError.Code, cause: String, advice: String
  ) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: text)
      let error = try await portError {
        _ = try await world.openLines(
          address, configuration: LineConfiguration(outputs: [.init(line: 0, safeLevel: true)], inputs: []),
          deadline: world.now.patient)
      }
      #expect(error.code == code)
      #expect(error.cause.contains(cause), "\(error)")
      #expect(error.advice.contains(advice), "\(error)")
    }
  }

  @Test func `a stop comes before the lines`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      world.stopHandle.request("emergency stop")
      let address = try PortAddress(parsing: "gpio://gpiochip0")
      let error = try await portError {
        _ = try await world.openLines(
          address, configuration: LineConfiguration(outputs: [], inputs: []), deadline: world.now.patient)
      }
      #expect(error.code == .stopped)
    }
  }
}
