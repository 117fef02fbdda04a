import Quantities

/// The dates of a claim.
struct WarrantyDates: Hashable {
  var shipment: CalendarDate
  /// nil: the vendor installed nothing.
  var vendorInstallation: CalendarDate?
  /// First installation by anyone; nil: unknown.
  var firstUse: CalendarDate?
  var claim: CalendarDate

  /// Why these dates cannot all be right; nil when they can.
  var contradiction: String? {
    let named = [("vendor installation", vendorInstallation), ("first use", firstUse)]
    for case (let name, let date?) in named {
      if date < shipment { return "\(name) \(date) lies before the shipment \(shipment)" }
      if date > claim { return "\(name) \(date) lies after the claim \(claim)" }
    }
    return claim < shipment ? "the claim \(claim) lies before the shipment \(shipment)" : nil
  }
}

/// What the warranty terms say of lengths: manual, warranty sections 1 and 3.
struct WarrantyTerms: Hashable {
  /// Calendar years.
  var years: Int
  /// An installation up to this many days after the shipment is in time; the day after it the period begins anyway.
  var installationDays: Int
}

/// When the warranty runs, strictly and with every doubt in favour of the customer.
///
/// - Source: manual, warranty 3; requirements SPEC-WAR-01 … -03. Start is the vendor's installation when it was in
///   time, else the shipment; when nothing was installed in time, the day after the limit. The last covered day is the
///   day before the anniversary.
struct WarrantyTerm: Hashable {
  enum Coverage: Hashable {
    case covered
    case over
    /// One reading of the terms covers the claim, another does not: why. A person decides.
    case doubtful(String)
  }

  let start: CalendarDate
  let possibleStart: CalendarDate
  let lastDay: CalendarDate
  let possibleLastDay: CalendarDate
  /// Which rule gave the start, in words.
  let rule: String
  /// Why start and possible start differ; empty when they do not.
  let doubt: String

  init(_ dates: WarrantyDates, terms: WarrantyTerms) {
    let shipment = dates.shipment
    let limit = shipment.adding(days: terms.installationDays)
    let late = shipment.adding(days: terms.installationDays + 1)
    // An installation by the vendor is a first use at the latest.
    let firstUse = [dates.firstUse, dates.vendorInstallation].compactMap { $0 }.min()
    let begin: (start: CalendarDate, possible: CalendarDate, rule: String, doubt: String)
    if let vendor = dates.vendorInstallation, vendor <= limit {
      begin = (vendor, vendor, "installation by the vendor", "")
    } else if let firstUse {
      let start = firstUse <= limit ? shipment : late
      let rule = firstUse <= limit ? "shipment; installed in time" : "day \(terms.installationDays + 1)"
      if let vendor = dates.vendorInstallation, vendor > start {
        begin = (start, vendor, rule, "the vendor installed it only on \(vendor)")
      } else {
        begin = (start, start, rule, "")
      }
    } else {
      begin = (shipment, late, "shipment; first use unknown", "it is not known when it was first used")
    }
    (start, possibleStart, rule, doubt) = begin
    lastDay = start.adding(years: terms.years).adding(days: -1)
    possibleLastDay = possibleStart.adding(years: terms.years).adding(days: -1)
  }

  func coverage(of claim: CalendarDate) -> Coverage {
    if claim > possibleLastDay { return .over }
    if claim > lastDay {
      return .doubtful("the claim lies after \(lastDay) and not after \(possibleLastDay): \(doubt)")
    }
    if claim < start { return .doubtful("the claim lies before the start \(start) (\(rule))") }
    return .covered
  }
}
