import DUT
import Ports
import Quantities
import Testing

@Suite struct BMSSessionTests {
  let unit = ScriptedUnit()

  func openSession() async throws -> BMSSession {
    let session = BMSSession(port: unit, world: unit)
    try await session.open(deadline: unit.now + .seconds(20))
    return session
  }

  func failure(_ body: () async throws -> Void) async -> BMSLinkError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? BMSLinkError
    }
  }

  @Test(arguments: [1, 20, 150, 182, 241])
  func `opening tells who the unit is, whatever the notification size`(chunk: Int) async throws {
    unit.chunk = chunk
    let session = try await openSession()
    #expect(session.version == .v2)
    #expect(session.anomaly == nil)
    #expect(session.writesAllowed)
    let info = try await session.deviceInfo(deadline: unit.now + .seconds(5))
    #expect(info.model == "EK-B24S8E200A")
    #expect(session.statistics.checksumErrors == 0)
    #expect(session.statistics.resynchronisations == 0)
    #expect(unit.requests.allSatisfy { $0.function == 1 })
    #expect(unit.requests.prefix(3).map(\.command) == [1, 4, 2])
  }

  @Test func `the password shows in no description and not in the traffic`() async throws {
    unit.info.password = "secret"
    let session = BMSSession(port: unit, world: unit)
    var traffic: [UInt8] = []
    var directions: [BMSSession.Direction] = []
    session.onBytes = { direction, bytes, _ in
      directions.append(direction)
      if direction == .received { traffic += bytes }
    }
    try await session.open(deadline: unit.now + .seconds(20))
    let info = try await session.deviceInfo(deadline: unit.now + .seconds(5))
    #expect(info.password == "secret")
    #expect(!"\(info)".contains("secret") && !String(reflecting: info).contains("secret"))
    let shown = String(decoding: traffic.map { $0 < 0x80 ? $0 : 0x2E }, as: UTF8.self)
    #expect(shown.contains("******EK-24S200A") && !shown.contains("secret"))
    #expect(directions.contains(.sent))
    for frame in session.recentFrames { #expect(!"\(frame)".contains("115, 101")) }
  }

  @Test func `a read is asked again after three seconds and the repetition is counted`() async throws {
    unit.deaf = [1: 1, 4: 2]
    let session = try await openSession()
    #expect(session.statistics.readsRepeated == 3)
    #expect(unit.requests(.deviceInfo) == 2)
    #expect(unit.requests(.settings) == 3)
    #expect(unit.now.seconds > 9 && unit.now.seconds < 10)
  }

  @Test func `a silent unit ends in an error that says what to check`() async throws {
    unit.deaf = [1: 99]
    let session = BMSSession(port: unit, world: unit)
    let error = await failure { try await session.open(deadline: unit.now + .seconds(60)) }
    #expect(error?.code == .noAnswer)
    #expect(error?.description.contains("could not read the device info") == true)
    #expect(unit.requests(.deviceInfo) == 4)
    #expect(unit.now == .start + .seconds(12))
  }

  @Test func `the deadline is kept even when repetitions are left`() async throws {
    unit.deaf = [4: 99]
    let session = BMSSession(port: unit, world: unit)
    let error = await failure { try await session.open(deadline: unit.now + .seconds(4)) }
    #expect(error?.code == .noAnswer)
    #expect(unit.now == .start + .seconds(4))
  }

  @Test func `live values are never older than asked for`() async throws {
    let session = try await openSession()
    unit.cells.cellVolts[3] = 3.5
    let border = unit.now + .seconds(30)
    let got = try await session.nextCellInfo(after: border, deadline: border + .seconds(2))
    #expect(got.startedAt > border)
    #expect(Float(got.cellInfo.cellVolts[3]) == 3.5)
    // Waiting for a far instant is no silence: nothing was asked again.
    #expect(session.statistics.readsRepeated == 0)
    let asked = unit.now
    let next = try await session.nextCellInfo(after: nil, deadline: asked + .seconds(2))
    #expect(next.startedAt > asked)
  }

  @Test func `a stream that falls silent ends in an error, not in an old value`() async throws {
    let session = try await openSession()
    unit.streams = false
    let start = unit.now
    let error = await failure {
      _ = try await session.nextCellInfo(after: nil, deadline: start + .seconds(60))
    }
    #expect(error?.code == .noAnswer)
    #expect(unit.now == start + .seconds(12))
    #expect(session.statistics.readsRepeated == 3)
  }

  @Test func `a lost link is named at once and ends the session`() async throws {
    let session = try await openSession()
    unit.linkEnds = unit.now + .seconds(1)
    let error = await failure {
      _ = try await session.nextCellInfo(after: unit.now + .seconds(5), deadline: unit.now + .seconds(60))
    }
    #expect(error?.code == .linkLost)
    #expect(unit.now == unit.linkEnds)
    let after = await failure { _ = try await session.readSettings(deadline: unit.now + .seconds(1)) }
    #expect(after?.code == .notOpen)
  }

  @Test func `the statistics count damage, gaps and silence`() async throws {
    let session = try await openSession()
    var damaged = unit.cells.encoded()
    damaged[50] ^= 1
    unit.nextFrames = [damaged]
    _ = try await session.nextCellInfo(after: unit.now + .seconds(2), deadline: unit.now + .seconds(6))
    #expect(session.statistics.checksumErrors == 1)
    #expect(session.statistics.counterGaps == 1)
    #expect(session.statistics.framesMissed == 1)
    #expect(session.statistics.resynchronisations == 1)
    unit.cells.frameCounter = 0xFD
    _ = try await session.nextCellInfo(after: unit.now + .seconds(3), deadline: unit.now + .seconds(6))
    // The jump to FE is a gap, the step from FE to 00 is none.
    #expect(session.statistics.counterGaps == 2)
    #expect(session.statistics.silenceMax.seconds < 0.6)
  }

  @Test func `a cut frame costs one frame and the stream goes on`() async throws {
    let session = try await openSession()
    unit.nextFrames = [Array(unit.cells.encoded()[..<140])]
    _ = try await session.nextCellInfo(after: unit.now + .seconds(2), deadline: unit.now + .seconds(6))
    #expect(session.statistics.counterGaps == 1)
  }
}
