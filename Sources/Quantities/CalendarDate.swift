/// A day of the Gregorian calendar, `2026-03-02`. Says nothing about the time of day or the time zone.
public struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let year: Int
  public let month: Int
  public let day: Int

  /// - Returns: nil when the calendar has no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...Self.days(in: month, of: year)).contains(day)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// - Returns: nil when the text is no date in ISO 8601 form.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  public static func isValid(_ text: String) -> Bool { CalendarDate(text) != nil }

  public static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func days(in month: Int, of year: Int) -> Int {
    [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  public var description: String {
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  public static func < (a: Self, b: Self) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }

  /// Whole days from `b` to `a`.
  public static func - (a: Self, b: Self) -> Int { a.dayNumber - b.dayNumber }

  /// Days since 1 January of the year 1.
  private var dayNumber: Int {
    let before = year - 1
    let wholeYears = before * 365 + before / 4 - before / 100 + before / 400
    return wholeYears + (1..<month).reduce(0) { $0 + Self.days(in: $1, of: year) } + day - 1
  }

  /// - Precondition: at most some thousand days, in either direction.
  public func adding(days: Int) -> CalendarDate {
    var (year, month, day) = (year, month, day + days)
    while day > Self.days(in: month, of: year) {
      day -= Self.days(in: month, of: year)
      (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
    }
    while day < 1 {
      (year, month) = month == 1 ? (year - 1, 12) : (year, month - 1)
      day += Self.days(in: month, of: year)
    }
    guard let date = CalendarDate(year: year, month: month, day: day) else {
      preconditionFailure("\(self) and \(days) days leave the calendar")
    }
    return date
  }

  /// The same day of a later year; 29 February becomes the 28th where there is none.
  public func adding(years: Int) -> CalendarDate {
    let last = Self.days(in: month, of: year + years)
    guard let date = CalendarDate(year: year + years, month: month, day: min(day, last)) else {
      preconditionFailure("\(self) and \(years) years leave the calendar")
    }
    return date
  }
}
