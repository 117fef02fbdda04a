import Model

/// A measurement in its limits at a glance: tolerance, guard band, value, uncertainty.
struct NumberLine {
  let measurement: Measurement
  private let width = 172.0
  private let height = 20.0
  private let middle = 10.0

  init(_ measurement: Measurement) { self.measurement = measurement }

  /// Empty for texts, for values without limit and for values that were not measured.
  var markup: Markup {
    guard case .number(let value) = measurement.observation, let limit = measurement.limit,
      limit.expected == nil, limit.low != nil || limit.high != nil
    else { return .empty }
    let text = MeasurementWording(measurement)
    let scale = self.scale(value: value, low: limit.low, high: limit.high)
    let label = "\(text.value), limit \(text.limit), \(Words.outcome(measurement.outcome))"
    return Draw.canvas(width: width, height: height, class: "line", label: label) {
      Draw.box(0, middle - 3, width, 6, "track")
      zones(limit, text.acceptance, scale)
      whisker(value, scale)
      pointer(value, scale)
    }
  }

  private func scale(value: Double, low: Double?, high: Double?) -> Scale {
    let uncertainty = measurement.uncertainty ?? 0
    func range(_ low: Double, _ high: Double) -> Scale {
      Scale(low: low, high: high, start: 4, end: width - 4)
    }
    switch (low, high) {
    case (let low?, let high?):
      let span = high > low ? high - low : max(4 * uncertainty, low.magnitude * 0.01, 1e-9)
      return range(low - 0.35 * span, high + 0.35 * span)
    case (nil, let high?):
      if high > 0, value >= 0 { return range(0, high * 1.35) }
      let span = max((high - value).magnitude, high.magnitude * 0.5, 4 * uncertainty, 1e-9)
      return range(high - 1.2 * span, high + 0.35 * span)
    case (let low?, nil):
      let span = max((value - low).magnitude, low.magnitude * 0.25, 4 * uncertainty, 1e-9)
      return range(low - 0.35 * span, low + 1.3 * span)
    case (nil, nil): return range(0, 1)
    }
  }

  @MarkupBuilder
  private func zones(_ limit: ResolvedLimit, _ acceptance: (low: Double?, high: Double?)?, _ scale: Scale)
    -> Markup
  {
    let left = limit.low.map { scale($0) } ?? 0
    let right = limit.high.map { scale($0) } ?? width
    Draw.box(left, middle - 6, right - left, 12, "zone")
    if let acceptance {
      guardBand(limit.low, acceptance.low, scale)
      guardBand(limit.high, acceptance.high, scale)
    }
    if limit.low != nil { Draw.line(left, 1, left, height - 1, "bound") }
    if limit.high != nil { Draw.line(right, 1, right, height - 1, "bound") }
  }

  private func guardBand(_ limit: Double?, _ acceptance: Double?, _ scale: Scale) -> Markup {
    guard let limit, let acceptance else { return .empty }
    let a = min(max(scale(limit), 0), width)
    let b = min(max(scale(acceptance), 0), width)
    return Draw.box(min(a, b), middle - 6, (b - a).magnitude, 12, "guard")
  }

  private func whisker(_ value: Double, _ scale: Scale) -> Markup {
    guard let uncertainty = measurement.uncertainty, uncertainty > 0 else { return .empty }
    let left = max(scale(value - uncertainty), 0)
    let right = min(scale(value + uncertainty), width)
    guard left < right else { return .empty }
    return fragment {
      Draw.line(left, middle, right, middle, "whisker")
      Draw.line(left, middle - 3, left, middle + 3, "whisker")
      Draw.line(right, middle - 3, right, middle + 3, "whisker")
    }
  }

  private func pointer(_ value: Double, _ scale: Scale) -> Markup {
    let x = scale(value)
    let style = "pointer \(measurement.outcome.rawValue)"
    if x < 2 { return Draw.path([(9, middle - 6), (1, middle), (9, middle + 6)], style + " off") }
    if x > width - 2 {
      return Draw.path(
        [(width - 9, middle - 6), (width - 1, middle), (width - 9, middle + 6)], style + " off")
    }
    guard measurement.outcome != .fail else {
      return fragment {
        Draw.line(x - 5, middle - 5, x + 5, middle + 5, style)
        Draw.line(x - 5, middle + 5, x + 5, middle - 5, style)
      }
    }
    return element(
      "path",
      ["class": style, "d": "M\(place(x)) \(place(middle - 6))l4.5 6-4.5 6-4.5-6z"])
  }
}
