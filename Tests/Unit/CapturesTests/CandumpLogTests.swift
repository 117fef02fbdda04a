import Ports
import Testing

@testable import Captures

@Suite struct CandumpLogTests {
  @Test(arguments: [
    "(1763884800.123456) can0 356#B0140A00FA00", "(0.000001) vcan0 18F128F4#", "(12.000000) can1 7FF##0AABB",
    "(12.500000) can1 100#R",
  ])
  func `lines come back as they were`(_ line: String) throws {
    let packet = try #require(CandumpLog.packet(line))
    #expect(CandumpLog.line(packet) == line)
  }

  @Test(arguments: [
    "", "can0 356#00", "(1.2) can0", "(1.2) can0 356", "(1.2) can0 356#0", "(1.2) can0 356#GG",
    "(x.2) can0 356#00",
    "(1.2) can0 800#00", "(1.2) can0 20000000#00", "(1.2) can0 356#001122334455667788", "(1.2) can0 356##",
    "(1.2) can0 35#00", "(1.2) can0 123#Rx",
  ])
  func `what is no frame is none`(_ line: String) { #expect(CandumpLog.packet(line) == nil) }

  @Test func `a run's start and the world's clock give calendar times`() {
    #expect(RunTraffic.nanoseconds(calendar: "1970-01-01T00:00:00Z") == 0)
    #expect(RunTraffic.nanoseconds(calendar: "2000-02-29T12:34:56Z") == 951_827_696_000_000_000)
    #expect(RunTraffic.nanoseconds(calendar: "2026-11-23T00:00:00Z") == 1_795_392_000_000_000_000)
    #expect(RunTraffic.nanoseconds(calendar: "yesterday") == nil)
  }
}
