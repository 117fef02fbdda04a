import Quantities
import Testing

@testable import Steps

/// The date vectors of the conformance matrix (SPEC-WAR-01 … -03) and what lies between them.
@Suite struct WarrantyTermTests {
  static let terms = WarrantyTerms(years: 1, installationDays: 30)

  static func dates(
    _ shipment: String, _ vendor: String, _ use: String, claim: String = "2026-12-01"
  ) -> WarrantyDates {
    WarrantyDates(
      shipment: CalendarDate(shipment)!, vendorInstallation: CalendarDate(vendor),
      firstUse: CalendarDate(use),
      claim: CalendarDate(claim)!)
  }

  struct Vector: Sendable, CustomTestStringConvertible {
    let shipment, vendor, use, start, end, possibleStart, possibleEnd: String
    init(
      _ shipment: String, _ vendor: String, _ use: String, _ start: String, _ end: String,
      possible: (start: String, end: String)? = nil
    ) {
      (self.shipment, self.vendor, self.use, self.start, self.end) = (shipment, vendor, use, start, end)
      (possibleStart, possibleEnd) = possible ?? (start, end)
    }
    var testDescription: String { "\(shipment), vendor \(vendor), use \(use)" }
  }

  @Test(arguments: [
    Vector("2026-01-10", "-", "2026-01-20", "2026-01-10", "2027-01-09"),
    Vector("2026-01-10", "2026-01-20", "2026-01-20", "2026-01-20", "2027-01-19"),
    // Day 30 is in time, day 31 is not.
    Vector("2026-01-10", "-", "2026-02-09", "2026-01-10", "2027-01-09"),
    Vector("2026-01-10", "-", "2026-02-10", "2026-02-10", "2027-02-09"),
    Vector("2026-01-10", "-", "2026-06-01", "2026-02-10", "2027-02-09"),
    // The vendor came late: strictly day 31, the later date would favour the customer.
    Vector(
      "2026-01-10", "2026-03-15", "2026-03-15", "2026-02-10", "2027-02-09",
      possible: ("2026-03-15", "2027-03-14")),
    Vector(
      "2026-01-10", "-", "unknown", "2026-01-10", "2027-01-09", possible: ("2026-02-10", "2027-02-09")),
    // Leap days.
    Vector("2027-01-29", "-", "2027-06-01", "2027-03-01", "2028-02-29"),
    Vector("2028-01-29", "-", "2028-06-01", "2028-02-29", "2029-02-27"),
    // Installed in time by the user, later again by the vendor.
    Vector(
      "2026-01-10", "2026-04-01", "2026-01-15", "2026-01-10", "2027-01-09",
      possible: ("2026-04-01", "2027-03-31")),
    Vector("2026-01-10", "2026-02-09", "-", "2026-02-09", "2027-02-08"),
  ])
  func `start and last day`(vector: Vector) {
    let term = WarrantyTerm(Self.dates(vector.shipment, vector.vendor, vector.use), terms: Self.terms)
    #expect(term.start.description == vector.start)
    #expect(term.lastDay.description == vector.end)
    #expect(term.possibleStart.description == vector.possibleStart)
    #expect(term.possibleLastDay.description == vector.possibleEnd)
    #expect(term.doubt.isEmpty == (vector.start == vector.possibleStart))
  }

  @Test func `the last day is covered and the anniversary is not`() throws {
    let term = WarrantyTerm(Self.dates("2026-01-10", "-", "2026-01-20"), terms: Self.terms)
    #expect(term.coverage(of: try #require(CalendarDate("2027-01-09"))) == .covered)
    #expect(term.coverage(of: try #require(CalendarDate("2027-01-10"))) == .over)
    #expect(term.coverage(of: try #require(CalendarDate("2026-01-10"))) == .covered)
  }

  @Test func `between the certain and the possible end a person decides`() throws {
    let term = WarrantyTerm(Self.dates("2026-01-10", "-", "unknown"), terms: Self.terms)
    #expect(term.coverage(of: try #require(CalendarDate("2027-01-09"))) == .covered)
    for day in ["2027-01-10", "2027-02-09"] {
      guard case .doubtful = term.coverage(of: try #require(CalendarDate(day))) else {
        Issue.record("\(day) is decided without a person")
        continue
      }
    }
    #expect(term.coverage(of: try #require(CalendarDate("2027-02-10"))) == .over)
  }

  @Test(arguments: [
    ("2026-01-10", "2026-01-09", "-", "2026-12-01"), ("2026-01-10", "-", "2025-12-31", "2026-12-01"),
    ("2026-01-10", "-", "2026-12-02", "2026-12-01"), ("2026-01-10", "-", "-", "2026-01-09"),
  ])
  func `dates that contradict each other decide nothing`(
    shipment: String, vendor: String, use: String, claim: String
  ) {
    #expect(Self.dates(shipment, vendor, use, claim: claim).contradiction != nil)
  }
}
