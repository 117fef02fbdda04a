import Quantities
import Testing

@Suite struct CalendarDateTests {
  @Test(arguments: ["2026-03-02", "2028-02-29", "2000-02-29", "0001-01-01", "9999-12-31"])
  func `days of the calendar read back as they are written`(text: String) {
    #expect(CalendarDate(text)?.description == text)
  }

  @Test(arguments: [
    "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-4-01", "26-04-01", "2026-04-31",
    "0000-01-01",
    "2026-04-01 ", "2026/04/01", "", "yesterday", "٢٠٢٦-01-01",
  ])
  func `what is no day is refused`(text: String) { #expect(CalendarDate(text) == nil) }

  @Test func `days are counted over months, leap days and years`() throws {
    let start = try #require(CalendarDate("2027-12-31"))
    #expect(start.adding(days: 1).description == "2028-01-01")
    #expect(start.adding(days: 60).description == "2028-02-29")
    #expect(start.adding(days: 61).description == "2028-03-01")
    #expect(start.adding(days: -365).description == "2026-12-31")
    for days in [-800, -1, 0, 1, 31, 366, 5000] { #expect(start.adding(days: days) - start == days) }
  }

  @Test func `29 February has its anniversary on the 28th`() throws {
    let leap = try #require(CalendarDate("2028-02-29"))
    #expect(leap.adding(years: 1).description == "2029-02-28")
    #expect(leap.adding(years: 4).description == "2032-02-29")
  }

  @Test func `later days are greater`() throws {
    let days = try ["2026-01-31", "2026-02-01", "2027-01-01"].map { try #require(CalendarDate($0)) }
    #expect(days == days.reversed().sorted())
  }
}
