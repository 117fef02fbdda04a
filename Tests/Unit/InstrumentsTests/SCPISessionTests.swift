import Capabilities
import Instruments
import Ports
import TestKit
import Testing

@Suite struct SCPISessionTests {
  private func session(
    _ exchanges: [TranscriptPeer.Exchange], dialect: SCPIDialect = SCPIDialect()
  ) throws -> (session: SCPISession, link: ScriptedLink, world: ScriptedWorld) {
    let world = ScriptedWorld()
    let link = try ScriptedLink(world: world, twin: TranscriptPeer(exchanges), keepsBorders: false)
    let session = SCPISession(instrument: "meter", link: .stream(link), world: world, dialect: dialect)
    return (session, link, world)
  }

  @Test(arguments: [
    ("3.3", 3.3), ("+3.30000000E+00", 3.3), (" -20 ", -20), (".5", 0.5), ("9.9E37", 9.9e37), ("1.", 1),
  ])
  func `the three number forms are read`(_ text: String, _ value: Double) {
    #expect(SCPIText.number(text) == value)
  }

  @Test(arguments: [
    "", " ", "+", ".", "E5", "1E", "1.2.3", "0x10", "nan", "inf", "3,3", "3.3V", "1 2", "--1",
  ])
  func `everything else is no number`(_ text: String) { #expect(SCPIText.number(text) == nil) }

  @Test func `a unit suffix is read only where the model declares it`() {
    #expect(SCPIText.number("43.50V", suffix: "V") == 43.5)
    #expect(SCPIText.number("43.50A", suffix: "V") == nil)
    #expect(SCPIText.number("V", suffix: "V") == nil)
  }

  @Test func `error entries are read in the spellings instruments use`() {
    #expect(SCPIText.errorEntry("-113,\"Undefined header\"")?.code == -113)
    #expect(SCPIText.errorEntry("+0,\"No error\"")?.code == 0)
    #expect(SCPIText.errorEntry("0 No Error")?.code == 0)
    #expect(SCPIText.errorEntry("-222,\"Data out of range;VOLT\",0,1")?.text == "Data out of range;VOLT")
    #expect(SCPIText.errorEntry("oops") == nil)
  }

  @Test func `commands keep the model's gap`() async throws {
    let (session, _, world) = try session(
      [("A", nil), ("B", nil), ("C?", "1")], dialect: SCPIDialect(gap: .milliseconds(250)))
    try await session.write("A")
    try await session.write("B")
    #expect(try await session.queryNumber("C?") == 1)
    #expect(world.now >= WorldInstant.start + .milliseconds(500))
    #expect(session.queryCount == 1 && session.writeCount == 2)
  }

  @Test func `a timed-out query blocks everything but the way to safety until matched again`() async throws {
    let (session, link, world) = try session(
      [("V?", "1.5"), ("OFF", nil), ("*IDN?", "A,B,C,D"), ("V?", "2.5")])
    link.extraDelay = .seconds(10)
    await #expect(throws: InstrumentError.self) { try await session.queryNumber("V?") }
    await #expect(throws: InstrumentError.self) { try await session.write("ON") }
    link.extraDelay = .zero
    try await session.writeSafe("OFF")
    world.advance(to: world.now + .seconds(20))
    try await session.resynchronise()
    #expect(session.state == .ready)
    #expect(try await session.queryNumber("V?") == 2.5)
    #expect(link.sent == ["V?", "OFF", "*IDN?", "V?"])
  }

  @Test func `a link that answers something else is not believed to be synchronised`() async throws {
    let (session, link, _) = try session([("V?", nil)] + Array(repeating: ("*IDN?", "3.3000"), count: 9))
    await #expect(throws: InstrumentError.self) { try await session.queryNumber("V?") }
    await #expect(throws: InstrumentError.self) { try await session.resynchronise() }
    #expect(link.sent.filter { $0 == "*IDN?" }.count == 3)
    guard case .desynchronised = session.state else {
      Issue.record("\(session.state)")
      return
    }
  }

  @Test func `a block keeps its line feeds and its length`() async throws {
    let (session, link, _) = try session([("DATA?", "#15ab"), ("V?", "1.0")])
    link.mangle = { $0 == Array("#15ab\n".utf8) ? Array("#15a\nb\r\n\n".utf8) : $0 }
    let block = try await session.queryBlock("DATA?", lengthMax: 100)
    #expect(block == Array("a\nb\r\n".utf8))
    #expect(try await session.queryNumber("V?") == 1)
  }

  @Test func `a block longer than agreed is refused`() async throws {
    let (session, _, _) = try session([("DATA?", "#41000")])
    await #expect(throws: InstrumentError.self) { try await session.queryBlock("DATA?", lengthMax: 100) }
  }

  @Test(arguments: [true, false])
  func `a reply longer than agreed is refused, whether it ends or not`(_ ends: Bool) async throws {
    let (session, link, _) = try session(
      [("V?", String(repeating: "1", count: 500))], dialect: SCPIDialect(replyLengthMax: 100))
    if !ends { link.mangle = { $0.dropLast() } }
    do {
      _ = try await session.query("V?")
      Issue.record("not refused")
    } catch { #expect(error.code == .malformedReply) }
  }

  @Test func `an error queue that never empties is given up`() async throws {
    let (session, link, _) = try session(Array(repeating: ("SYST:ERR?", "-100,\"x\""), count: 50))
    await #expect(throws: InstrumentError.self) { try await session.drainErrors() }
    #expect(link.sent.count == 32)
  }

  @Test func `the error queue's words reach the person`() async throws {
    let (session, _, _) = try session([
      ("VOLT 99", nil), ("SYST:ERR?", "-222,\"Data out of range\""), ("SYST:ERR?", "0,\"No error\""),
    ])
    do {
      try await session.writeChecked("VOLT 99")
      Issue.record("not refused")
    } catch {
      #expect(error.code == .refused)
      #expect(error.message == "'VOLT 99' was refused: -222, Data out of range")
    }
  }

  @Test func `another serial number is refused`() async throws {
    let (session, _, _) = try session([("*IDN?", "ACME,M1,123,1.0")])
    do {
      _ = try await session.identify(maker: "acme", models: ["M1"], serial: "124")
      Issue.record("not refused")
    } catch { #expect(error.code == .wrongSerial) }
  }
}
