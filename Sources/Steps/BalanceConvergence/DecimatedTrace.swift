/// Rows over time of which at most `rowsMax` are kept, evenly spread, whatever their number: when the room is used
/// up, every second row goes and from then on only every second one is taken.
struct DecimatedTrace {
  static let rowsMax = 400

  private(set) var times: [Double] = []
  private(set) var rows: [[Double]] = []
  private var last: (time: Double, row: [Double])?
  private var stride = 1
  private var count = 0

  mutating func append(_ row: [Double], at time: Double) {
    last = (time, row)
    defer { count += 1 }
    guard count % stride == 0 else { return }
    if rows.count == Self.rowsMax - 1 {
      times = Self.everySecond(times)
      rows = Self.everySecond(rows)
      stride *= 2
      guard count % stride == 0 else { return }
    }
    times.append(time)
    rows.append(row)
  }

  /// The rows kept and the very last one.
  func finished() -> (times: [Double], rows: [[Double]]) {
    guard let last, last.time != times.last else { return (times, rows) }
    return (times + [last.time], rows + [last.row])
  }

  private static func everySecond<T>(_ values: [T]) -> [T] {
    values.indices.filter { $0 % 2 == 0 }.map { values[$0] }
  }
}
