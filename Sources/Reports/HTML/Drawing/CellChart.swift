import Model
import Quantities

/// One quantity of all cells side by side: which cell is wrong is seen before it is read.
struct CellChart {
  let step: RunRecord.Step
  let name: String
  /// By cell, 1 = most negative; at least two.
  let cells: [(cell: Int, measurement: Measurement)]

  private let width = 1000.0
  private let height = 190.0
  private let left = 76.0
  private let top = 12.0
  private let bottom = 160.0

  /// Fewer cells are quicker read in the table, unless one of them failed.
  static let cellCountMin = 12

  /// The charts a record holds: every name of a step that was measured on most channels `cell N`, and every one
  /// with a failure on two or more.
  static func all(in record: RunRecord) -> [CellChart] {
    record.steps.flatMap { step -> [CellChart] in
      var names: [String] = []
      for measurement in step.measurements
      where cell(of: measurement) != nil && !names.contains(measurement.name) {
        names.append(measurement.name)
      }
      return names.compactMap { name in
        let cells = step.measurements.filter { $0.name == name }
          .compactMap { measurement in cell(of: measurement).map { (cell: $0, measurement: measurement) } }
        let numbers = cells.filter { if case .number = $0.measurement.observation { true } else { false } }
        let isTelling = numbers.count >= cellCountMin || cells.contains { $0.measurement.outcome == .fail }
        guard isTelling, numbers.count >= 2, numbers[0].measurement.dimension != nil else { return nil }
        return CellChart(step: step, name: name, cells: cells.sorted { $0.cell < $1.cell })
      }
    }
  }

  private static func cell(of measurement: Measurement) -> Int? {
    guard measurement.channel.hasPrefix("cell ") else { return nil }
    return Int(measurement.channel.dropFirst(5))
  }

  func markup(cellCount: Int) -> Markup {
    let values = cells.compactMap { value(of: $0.measurement) }
    let dimension = cells.compactMap(\.measurement.dimension).first ?? .ratio
    let count = max(cellCount, cells.last?.cell ?? 1)
    let x = Scale(low: 0.5, high: Double(count) + 0.5, start: left, end: width - 8)
    let y = vertical(values)
    let unit = dimension.displayUnit(for: max(y.low.magnitude, y.high.magnitude))
    return element("figure", class: "chart") {
      element("figcaption") {
        element("b") { step.title.isEmpty ? step.id : step.title }
        " · \(name) per cell"
        summary(values, dimension)
      }
      Draw.canvas(width: width, height: height, class: "cells", label: "\(name) per cell") {
        zone(y)
        axis(y, unit)
        for number in 1...count {
          Draw.text(x(Double(number)), bottom + 16, "tick", anchor: "middle", "\(number)")
        }
        for (cell, measurement) in cells { dot(measurement, at: x(Double(cell)), y) }
        Draw.text(width - 8, bottom + 29, "axis", anchor: "end", "cell, 1 = most negative")
      }
    }
  }

  private func summary(_ values: [Double], _ dimension: Dimension) -> Markup {
    guard let low = values.min(), let high = values.max() else { return .empty }
    let text = { AnyQuantity($0, dimension).formatted(significant: 4) }
    return element("span", class: "muted") {
      " · from \(text(low)) to \(text(high)), spread \(text(high - low))"
    }
  }

  private func value(of measurement: Measurement) -> Double? {
    if case .number(let value) = measurement.observation { value } else { nil }
  }

  private var limit: ResolvedLimit? { cells.first?.measurement.limit }
  /// True when all cells have the same limits: only then are they drawn as one band.
  private var hasCommonLimit: Bool {
    cells.allSatisfy { $0.measurement.limit?.low == limit?.low && $0.measurement.limit?.high == limit?.high }
  }

  private func vertical(_ values: [Double]) -> Scale {
    let spread = cells.map { $0.measurement.uncertainty ?? 0 }.max() ?? 0
    var all = values.map { $0 - spread } + values.map { $0 + spread }
    if hasCommonLimit { all += [limit?.low, limit?.high].compactMap { $0 } }
    return Scale(low: all.min() ?? 0, high: all.max() ?? 1, start: bottom, end: top).padded(by: 0.08)
  }

  @MarkupBuilder
  private func zone(_ y: Scale) -> Markup {
    if hasCommonLimit, let limit, limit.low != nil || limit.high != nil {
      let upper = limit.high.map { y($0) } ?? top
      let lower = limit.low.map { y($0) } ?? bottom
      Draw.box(left, upper, width - 8 - left, lower - upper, "zone")
      if let first = cells.first?.measurement, let acceptance = MeasurementWording(first).acceptance {
        if let high = acceptance.high { Draw.box(left, upper, width - 8 - left, y(high) - upper, "guard") }
        if let low = acceptance.low { Draw.box(left, y(low), width - 8 - left, lower - y(low), "guard") }
      }
      if limit.high != nil { Draw.line(left, upper, width - 8, upper, "bound") }
      if limit.low != nil { Draw.line(left, lower, width - 8, lower, "bound") }
    }
  }

  @MarkupBuilder
  private func axis(_ y: Scale, _ unit: UnitSymbol) -> Markup {
    let shown = Scale(low: y.low / unit.factor, high: y.high / unit.factor, start: y.start, end: y.end)
    for tick in shown.ticks(5) {
      Draw.line(left, shown(tick), width - 8, shown(tick), tick == 0 ? "zero" : "grid")
      Draw.text(left - 8, shown(tick) + 4, "tick", anchor: "end", DecimalText.shortest(tick, significant: 6))
    }
    Draw.text(14, top + 6, "axis", unit.symbol)
  }

  @MarkupBuilder
  private func dot(_ measurement: Measurement, at x: Double, _ y: Scale) -> Markup {
    if let value = value(of: measurement) {
      if let uncertainty = measurement.uncertainty {
        Draw.line(x, y(value - uncertainty), x, y(value + uncertainty), "whisker")
        Draw.line(x - 3, y(value - uncertainty), x + 3, y(value - uncertainty), "whisker")
        Draw.line(x - 3, y(value + uncertainty), x + 3, y(value + uncertainty), "whisker")
      }
      if measurement.outcome == .fail {
        Draw.line(x - 6, y(value) - 6, x + 6, y(value) + 6, "pointer fail")
        Draw.line(x - 6, y(value) + 6, x + 6, y(value) - 6, "pointer fail")
        Draw.text(
          x, y(value) - 10 < top + 4 ? y(value) + 20 : y(value) - 10, "tag", anchor: "middle",
          MeasurementWording(measurement).value)
      } else {
        element(
          "circle",
          [
            "class": "pointer \(measurement.outcome.rawValue)", "cx": place(x), "cy": place(y(value)),
            "r": "4.5",
          ])
      }
    } else {
      Draw.text(x, (top + bottom) / 2, "tag", anchor: "middle", "?")
    }
  }
}
