import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Whether a claim lies inside the warranty period: PRC-WAR-01, SPEC-WAR-01 … -03.
public enum WarrantyPeriod: StepKind {
  public static let id = "warranty-period"
  public static let summary =
    "Asks for the dates of shipment, installation by the vendor, first use and claim, and computes start and end of "
    + "the warranty: the certain end, and the possible one that every doubt in favour of the customer gives. A claim "
    + "between the two is left to a person."
  public static let parameters = [
    FieldDeclaration(
      "answer-within", .quantity(.time, range: 1...86_400), default: "30 min",
      doc: "wait so long for one answer; then nobody is there")
  ]
  public static let measurements = [
    MeasurementDeclaration("covered", nil, "the claim is covered, doubts in favour of the customer"),
    MeasurementDeclaration("certain", nil, "that needs no decision of a person; else it is not measured"),
    MeasurementDeclaration("start", nil, optional: true, "first day of the warranty"),
    MeasurementDeclaration("last-day", nil, optional: true, "last day that is certainly covered"),
    MeasurementDeclaration("possible-last-day", nil, optional: true, "last day that may be covered"),
    MeasurementDeclaration(
      "installation-delay", .count, optional: true, "days from shipment to the first use"),
  ]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: warranty-period
      id: period
      title: Warranty period
      measure:
        covered: information
        certain: information
        start: information
        last-day: information
        possible-last-day: information
    """

  /// Limits that hold the terms' numbers.
  private static let yearsLimit = "warranty-years"
  private static let installationLimit = "warranty-installation-days"

  public static func limitsUsed(_ context: CheckContext) -> [String] { [yearsLimit, installationLimit] }

  public static func questions(for values: FieldValues) -> [OperatorQuestion] {
    [shipment, vendor, use, claim]
  }

  private static let shipment = OperatorQuestion(
    id: "warranty-shipment", text: "Date of shipment by the vendor (order data)", kind: .date(or: []))
  private static let vendor = OperatorQuestion(
    id: "warranty-vendor-installation", text: "Date on which the vendor installed the unit",
    kind: .date(or: ["none"]))
  private static let use = OperatorQuestion(
    id: "warranty-first-use", text: "Date on which anyone first installed the unit",
    kind: .date(or: ["unknown"]))
  private static let claim = OperatorQuestion(
    id: "warranty-claim", text: "Date on which the malfunction was reported", kind: .date(or: []))

  public static func run(_ context: StepContext) async throws {
    guard let dates = try await dates(context) else { return }
    if let contradiction = dates.contradiction {
      for name in ["covered", "certain"] {
        context.measure(name, .missing(contradiction + "; check the dates"), by: ["operator"])
      }
      return
    }
    guard let years = context.limits.nominal(yearsLimit),
      let days = context.limits.nominal(installationLimit)
    else { preconditionFailure("the checker let a warranty without terms pass") }
    let terms = WarrantyTerms(years: Int(years), installationDays: Int(days))
    record(WarrantyTerm(dates, terms: terms), dates, context)
  }

  /// - Returns: nil when one is missing; then everything that hangs on it is *not measured*.
  private static func dates(_ context: StepContext) async throws -> WarrantyDates? {
    var found: [CalendarDate?] = []
    for question in [shipment, vendor, use, claim] {
      switch try await context.ask(question) {
      case .answer(let answer): found.append(CalendarDate(answer.text))
      case .declined(let why), .nobody(let why): throw StepEnough(why: why)
      }
    }
    guard let shipment = found[0], let claim = found[3] else { return nil }
    return WarrantyDates(
      shipment: shipment, vendorInstallation: found[1], firstUse: found[2], claim: claim)
  }

  private static func record(_ term: WarrantyTerm, _ dates: WarrantyDates, _ context: StepContext) {
    func measure(_ name: String, _ observation: Observation, _ note: String = "") {
      context.measure(name, observation, by: ["operator"], note: note)
    }
    switch term.coverage(of: dates.claim) {
    case .covered:
      measure("covered", .flag(true), term.rule)
      measure("certain", .flag(true))
    case .over:
      measure("covered", .flag(false), "\(term.rule); claim \(dates.claim)")
      measure("certain", .flag(true))
    case .doubtful(let why):
      measure("covered", .flag(true), "in doubt for the customer: \(why)")
      measure("certain", .missing("a person decides: \(why)"))
    }
    measure("start", .text(term.start.description), term.rule)
    measure("last-day", .text(term.lastDay.description))
    measure("possible-last-day", .text(term.possibleLastDay.description), term.doubt)
    let firstUse = [dates.firstUse, dates.vendorInstallation].compactMap { $0 }.min()
    if let firstUse {
      context.measure(
        "installation-delay", .number(Double(firstUse - dates.shipment)), uncertainty: 0, by: ["operator"])
    } else {
      context.notApplicable("installation-delay", why: "the first use is unknown")
    }
  }
}
