import Model
import Quantities

/// A curve over time: one panel per dimension, stacked over a common time axis.
struct TraceChart {
  let trace: Trace

  private let width = 1000.0
  private let left = 76.0
  private let right = 992.0
  private let panelHeight = 150.0
  /// A panel of states: on or off needs no height.
  private let stateHeight = 36.0
  private let gap = 26.0
  /// Points drawn per series at most: more cannot be told apart at this width.
  private let resolution = 900

  /// Dimensions in the order they first appear.
  private var panels: [(dimension: Dimension, series: [(index: Int, series: Trace.Series)])] {
    var order: [Dimension] = []
    for series in trace.series where !order.contains(series.dimension) { order.append(series.dimension) }
    return order.map { dimension in
      (
        dimension,
        trace.series.filter { $0.dimension == dimension }.enumerated().map { ($0.offset, $0.element) }
      )
    }
  }

  /// True when everything in the panel is either 0 or 1.
  private func isState(_ series: [(index: Int, series: Trace.Series)]) -> Bool {
    series.allSatisfy {
      $0.series.dimension == .count && points($0.series).allSatisfy { $0.value == 0 || $0.value == 1 }
    }
  }

  private func points(_ series: Trace.Series) -> [(time: Double, value: Double)] {
    zip(series.times, series.values).filter { $0.isFinite && $1.isFinite }.map { ($0, $1) }
  }

  /// Empty when no series has a point.
  var markup: Markup {
    let times = trace.series.flatMap { points($0).map(\.time) }
    guard let first = times.min(), let last = times.max() else { return .empty }
    let panels = self.panels
    let heights = panels.map { isState($0.series) ? stateHeight : panelHeight }
    let tops = heights.indices.map { row in gap + heights[..<row].reduce(0) { $0 + $1 + gap } }
    let bottom = heights.reduce(0) { $0 + $1 + gap }
    let height = bottom + 24
    // Times count from the first point: the absolute time of a run says nothing to a reader of one curve.
    let unit = Self.timeUnit(span: last - first)
    let x = Scale(low: 0, high: max((last - first) / unit.factor, 1e-12), start: left, end: right)
    return element("figure", class: "chart") {
      element("figcaption") {
        element("b") { trace.title }
        element("span", class: "muted") { " · step \(trace.step)" }
      }
      Draw.canvas(width: width, height: height, class: "trace", label: trace.title) {
        for (row, panel) in panels.enumerated() {
          self.panel(panel, top: tops[row], height: heights[row], x: x, from: first, unit: unit)
        }
        timeAxis(x, bottom: bottom, unit)
      }
    }
  }

  static func timeUnit(span: Double) -> UnitSymbol {
    let symbol = span < 2e-3 ? "µs" : span < 2 ? "ms" : span < 300 ? "s" : span < 7200 ? "min" : "h"
    return Dimension.time.unit(spelled: symbol) ?? Dimension.time.baseUnit
  }

  private func panel(
    _ panel: (dimension: Dimension, series: [(index: Int, series: Trace.Series)]), top: Double,
    height: Double,
    x: Scale, from first: Double, unit: UnitSymbol
  ) -> Markup {
    let values = panel.series.flatMap { points($0.series).map(\.value) }
    let bottom = top + height
    let isState = isState(panel.series)
    let size = values.map(\.magnitude).max() ?? 0
    let vertical = panel.dimension.displayUnit(for: size)
    let y = Scale(
      low: isState ? 0 : (values.min() ?? 0) / vertical.factor,
      high: isState ? 1 : (values.max() ?? 1) / vertical.factor, start: bottom,
      end: top
    ).padded(by: 0.08)
    return fragment {
      for tick in y.ticks(4) where panel.dimension != .count || tick == tick.rounded() {
        Draw.line(left, y(tick), right, y(tick), tick == 0 ? "zero" : "grid")
        Draw.text(
          left - 8, y(tick) + 4, "tick", anchor: "end",
          isState ? tick == 0 ? "no" : "yes" : DecimalText.shortest(tick, significant: 6))
      }
      for tick in x.ticks(8) { Draw.line(x(tick), top, x(tick), bottom, "grid") }
      Draw.box(left, top, right - left, height, "frame")
      let name = isState ? "state" : panel.dimension.name
      Draw.text(8, top - 8, "axis", vertical.symbol.isEmpty ? name : "\(name), \(vertical.symbol)")
      legend(panel.series, top: top)
      for (index, series) in panel.series {
        Draw.path(
          curve(series).map { (x(($0.time - first) / unit.factor), y($0.value / vertical.factor)) },
          "series s\(index % 6)")
      }
    }
  }

  private func legend(_ series: [(index: Int, series: Trace.Series)], top: Double) -> Markup {
    var x = right
    var parts: [Markup] = []
    for (index, one) in series.reversed() {
      x -= Double(one.name.count) * 6.6
      parts.append(Draw.text(x, top - 8, "key", one.name))
      x -= 34
      parts.append(Draw.line(x, top - 12, x + 28, top - 12, "series s\(index % 6)"))
      x -= 18
    }
    return .joined(parts.reversed())
  }

  private func timeAxis(_ x: Scale, bottom: Double, _ unit: UnitSymbol) -> Markup {
    fragment {
      for tick in x.ticks(8) {
        Draw.text(x(tick), bottom + 16, "tick", anchor: "middle", DecimalText.shortest(tick, significant: 6))
      }
      Draw.text(left - 8, bottom + 16, "axis", anchor: "end", "time, \(unit.symbol)")
    }
  }

  /// Corners of the line: steps held, and thinned so that every extreme stays visible.
  private func curve(_ series: Trace.Series) -> [(time: Double, value: Double)] {
    let all = thinned(points(series))
    guard series.steps else { return all }
    var corners: [(time: Double, value: Double)] = []
    for point in all {
      if let previous = corners.last { corners.append((point.time, previous.value)) }
      corners.append(point)
    }
    return corners
  }

  private func thinned(_ points: [(time: Double, value: Double)]) -> [(time: Double, value: Double)] {
    guard points.count > 2 * resolution else { return points }
    var kept: [(time: Double, value: Double)] = []
    for bucket in 0..<resolution {
      let range = points.count * bucket / resolution..<points.count * (bucket + 1) / resolution
      let low = range.min { points[$0].value < points[$1].value }!
      let high = range.max { points[$0].value < points[$1].value }!
      for index in [min(low, high), max(low, high)] { kept.append(points[index]) }
    }
    if let first = points.first { kept.insert(first, at: 0) }
    if let last = points.last { kept.append(last) }
    return kept
  }
}
