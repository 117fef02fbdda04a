import Ports
import Testing

@testable import LinuxPorts

/// What can be said of CAN without a bus; the rest is in Tests/Lab.
@Suite(.timeLimit(.minutes(1))) struct CANTests {
  static let second: Int64 = 1_000_000_000

  @Test func `a stamp counts as an age`() {
    var stamps = KernelStamps(opened: .start)
    let now = WorldInstant(nanoseconds: 10 * Self.second)
    #expect(
      stamps.instant(stamp: 500 * Self.second - 3, calendar: 500 * Self.second, now: now) == now
        - Interval(nanoseconds: 3))
  }

  @Test func `a calendar that was set moves no frame out of what is known`() {
    var stamps = KernelStamps(opened: WorldInstant(nanoseconds: Self.second))
    let now = WorldInstant(nanoseconds: 10 * Self.second)
    // Set forward by an hour: the frame looks old, and is not older than the last look at an empty queue.
    stamps.sawEmpty(at: WorldInstant(nanoseconds: 9 * Self.second))
    let first = stamps.instant(stamp: 0 + Self.second, calendar: 3601 * Self.second, now: now)
    #expect(first == WorldInstant(nanoseconds: 9 * Self.second) - KernelStamps.queueing)
    // Set back: it looks as if it came in the future.
    #expect(stamps.instant(stamp: 3601 * Self.second, calendar: Self.second, now: now) == now)
    // Order never turns round.
    #expect(stamps.instant(stamp: 8 * Self.second, calendar: 10 * Self.second, now: now) == now)
    #expect(stamps.instant(stamp: .min, calendar: .max, now: now) == now)
  }

  @Test(
    arguments: [
      (0x40, [], [CANTrouble.busOff]), (0x44, [0, 0x20], [.busOff, .errorPassive]),
      (0x04, [0, 0x01], [.controllerOverflow]), (0x04, [0, 0x04], [.errorWarning]),
      (0xA8, [0, 0, 0, 0x19], [.noAcknowledge]), (0x88, [], [.brokenFrame]), (0x100, [], [.restarted]),
      (0x204, [0, 0x10], [.errorPassive]), (0x02, [], [.other(2)]), (0x04, [], [.other(4)]),
    ] as [(UInt32, [UInt8], [CANTrouble])])
  func `reports of the controller have names`(_ classes: UInt32, _ bytes: [UInt8], _ troubles: [CANTrouble]) {
    #expect(CANTrouble.all(classes: classes, bytes: bytes) == troubles)
  }

  @Test(arguments: [
    "can://can0?ids=35", "can://can0?ids=800", "can://can0?ids=,", "can://can0?bitrate=fast",
    "can://can0?acknowledge=1",
    "can://can0?speed=1", "can://a-name-that-is-too-long",
  ])
  func `a wrong option is refused before anything is opened`(_ text: String) throws {
    let address = try PortAddress(parsing: text)
    let error = #expect(throws: PortError.self) { _ = try CANSettings(address) }
    #expect(error?.code == .badAddress)
  }

  @Test func `an interface that is not there is named, and one that is no CAN`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      for (name, code) in [("can97", PortError.Code.notFound), ("lo", .badAddress)] {
        let address = try PortAddress(parsing: "can://\(name)")
        let error = await #expect(throws: PortError.self) {
          _ = try await world.openCAN(address, deadline: world.now + .seconds(1))
        }
        #expect(error?.code == code)
        #expect(error?.cause.contains(name) == true)
        #expect(error?.advice.contains("ip -br link show type can") == true)
      }
    }
  }
}
