import Ports
import Testing

@testable import LinuxPorts

struct RefusedKindsTests {
  @Test(arguments: [
    ("can://can0", "CAN")
  ])
  func `a kind of port that this version lacks is named`(text: String, name: String) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: text)
      let error = try await portError {
        switch address.scheme {
        case .can, .gpio, .ble, .tcp, .hislip, .serial, .usb, .sim, .terminal, .hand:
          _ = try await world.openStream(address, deadline: world.now.patient)
        }
      }
      #expect(error.code == .unsupported)
      #expect(error.cause.contains(name))
      #expect(error.cause.contains("TCP, serial and USB instruments only"))
    }
  }

  @Test func `a simulated address is refused with advice`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let address = try PortAddress(parsing: "sim://emulator")
      let none = LineConfiguration(outputs: [], inputs: [])
      let errors = [
        try await portError { _ = try await world.openStream(address, deadline: world.now.patient) },
        try await portError { _ = try await world.openMessages(address, deadline: world.now.patient) },
        try await portError {
          _ = try await world.openLines(address, configuration: none, deadline: world.now.patient)
        },
        try await portError { _ = try await world.openRadio(address, deadline: world.now.patient) },
      ]
      for error in errors {
        #expect(error.code == .badAddress)
        #expect(error.advice.contains("simulated world"))
      }
    }
  }
}
