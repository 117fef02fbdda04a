import Model
import Quantities

/// Many curves of one quantity over time, e.g. the voltages of all cells: the crowd in grey, those that stand out in
/// colour with their names, and below how far apart they are.
struct BundleChart {
  let trace: Trace

  /// Fewer curves than this are told apart by colour and pattern.
  static let seriesMin = 7
  /// Curves drawn in colour at most.
  static let namedMax = 4
  /// A curve stands out when it leaves the middle by more than this share of the one that does so most.
  static let outstanding = 0.25

  static func suits(_ trace: Trace) -> Bool {
    trace.series.count >= seriesMin && Set(trace.series.map(\.dimension)).count == 1
      && trace.series.allSatisfy { $0.times == trace.series[0].times && $0.values.count == $0.times.count }
      && !trace.series[0].times.isEmpty
  }

  private let width = 1000.0
  private let left = 76.0
  private let right = 930.0
  private let top = 26.0
  private let height = 260.0
  private let gap = 34.0
  private let spreadHeight = 80.0
  /// Least distance of two names at the right edge, and of two corners of a line, in drawing units.
  private let labelStep = 14.0
  private let cornerStep = 0.35

  private var times: [Double] { trace.series[0].times }
  private var dimension: Dimension { trace.series[0].dimension }

  /// Difference of the highest and the lowest curve at each time; not a number where any is missing.
  private var spreads: [Double] {
    times.indices.map { row in
      let values = trace.series.map { $0.values[row] }
      guard values.allSatisfy(\.isFinite) else { return .nan }
      return values.max()! - values.min()!
    }
  }

  /// Indices of the curves that stand out: those that at some time are farthest from the middle one, in the order of
  /// the series. The crowd has none of them.
  private var named: [Int] {
    var farthest = [Double](repeating: 0, count: trace.series.count)
    for row in times.indices {
      let known = trace.series.map { $0.values[row] }.filter(\.isFinite).sorted()
      guard !known.isEmpty else { continue }
      let middle = known[known.count / 2]
      for index in farthest.indices where trace.series[index].values[row].isFinite {
        farthest[index] = max(farthest[index], (trace.series[index].values[row] - middle).magnitude)
      }
    }
    let most = farthest.max() ?? 0
    let order = farthest.indices.sorted { (-farthest[$0], $0) < (-farthest[$1], $1) }
    return order.prefix(Self.namedMax).filter { farthest[$0] > Self.outstanding * most }.sorted()
  }

  /// Empty when no value is finite.
  var markup: Markup {
    let all = trace.series.flatMap { $0.values.filter(\.isFinite) }
    guard let low = all.min(), let high = all.max(), let first = times.first, let last = times.last else {
      return .empty
    }
    let unit = TraceChart.timeUnit(span: last - first)
    let x = Scale(low: 0, high: max((last - first) / unit.factor, 1e-12), start: left, end: right)
    let spreadTop = top + height + gap
    let bottom = spreadTop + spreadHeight
    return element("figure", class: "chart") {
      element("figcaption") {
        element("b") { trace.title }
        element("span", class: "muted") { " · step \(trace.step)\(summary)" }
      }
      Draw.canvas(width: width, height: bottom + 24, class: "trace", label: trace.title) {
        crowd(Scale(low: low, high: high, start: top + height, end: top).padded(by: 0.06), x, first, unit)
        spread(top: spreadTop, x, first, unit)
        for tick in x.ticks(8) {
          Draw.text(
            x(tick), bottom + 16, "tick", anchor: "middle", DecimalText.shortest(tick, significant: 6))
        }
        Draw.text(left - 8, bottom + 16, "axis", anchor: "end", "time, \(unit.symbol)")
      }
    }
  }

  private var summary: String {
    let known = spreads.filter(\.isFinite)
    guard let begin = known.first, let end = known.last else { return "" }
    func text(_ value: Double) -> String { AnyQuantity(value, dimension).formatted(significant: 3) }
    return " · \(trace.series.count) curves, apart by \(text(begin)) at the begin and \(text(end)) at the end"
  }

  @MarkupBuilder
  private func crowd(_ y: Scale, _ x: Scale, _ first: Double, _ unit: UnitSymbol) -> Markup {
    grid(y, x, top: top, height: height, dimension.name)
    let named = self.named
    for index in trace.series.indices where !named.contains(index) {
      Draw.path(corners(trace.series[index].values, y, x, first, unit), "bundle")
    }
    for (order, index) in named.enumerated() {
      Draw.path(corners(trace.series[index].values, y, x, first, unit), "series s\(order % 6)")
    }
    names(named, y)
  }

  /// Names at the right edge, moved apart where the curves end together.
  private func names(_ named: [Int], _ y: Scale) -> Markup {
    let ends = named.enumerated().compactMap { order, index -> (order: Int, index: Int, place: Double)? in
      trace.series[index].values.last(where: \.isFinite).map { (order, index, y($0)) }
    }.sorted { $0.place < $1.place }
    var places: [Double] = []
    for end in ends { places.append(max(end.place, (places.last ?? -.infinity) + labelStep)) }
    // What was pushed out at the bottom comes back up.
    var floor = top + height
    for index in places.indices.reversed() {
      places[index] = min(places[index], floor)
      floor = places[index] - labelStep
    }
    return .joined(
      zip(ends, places).map { end, place in
        fragment {
          Draw.line(right + 2, end.place, right + 10, place, "leader")
          Draw.line(right + 10, place, right + 24, place, "series s\(end.order % 6)")
          Draw.text(right + 28, place + 4, "key", trace.series[end.index].name)
        }
      })
  }

  @MarkupBuilder
  private func spread(top: Double, _ x: Scale, _ first: Double, _ unit: UnitSymbol) -> Markup {
    let values = spreads
    let most = values.filter(\.isFinite).max() ?? 0
    let y = Scale(low: 0, high: most > 0 ? most * 1.08 : 1, start: top + spreadHeight, end: top)
    grid(y, x, top: top, height: spreadHeight, "highest less lowest")
    Draw.path(corners(values, y, x, first, unit), "series s5 whole")
  }

  @MarkupBuilder
  private func grid(_ y: Scale, _ x: Scale, top: Double, height: Double, _ name: String) -> Markup {
    let unit = dimension.displayUnit(for: max(y.low.magnitude, y.high.magnitude))
    let shown = Scale(low: y.low / unit.factor, high: y.high / unit.factor, start: y.start, end: y.end)
    for tick in shown.ticks(height > 150 ? 6 : 3) {
      Draw.line(left, shown(tick), right, shown(tick), "grid")
      Draw.text(left - 8, shown(tick) + 4, "tick", anchor: "end", DecimalText.shortest(tick, significant: 6))
    }
    for tick in x.ticks(8) { Draw.line(x(tick), top, x(tick), top + height, "grid") }
    Draw.box(left, top, right - left, height, "frame")
    Draw.text(8, top - 8, "axis", unit.symbol.isEmpty ? name : "\(name), \(unit.symbol)")
  }

  /// Corners of a line without those that nobody can see: a level that stands still is its two ends.
  private func corners(
    _ values: [Double], _ y: Scale, _ x: Scale, _ first: Double, _ unit: UnitSymbol
  ) -> [(x: Double, y: Double)] {
    var kept: [(x: Double, y: Double)] = []
    var skipped: (x: Double, y: Double)?
    for (time, value) in zip(times, values) where value.isFinite {
      let point = (x: x((time - first) / unit.factor), y: y(value))
      if let last = kept.last, (point.y - last.y).magnitude < cornerStep {
        skipped = point
        continue
      }
      if let skipped { kept.append(skipped) }
      skipped = nil
      kept.append(point)
    }
    if let skipped { kept.append(skipped) }
    return kept
  }
}
