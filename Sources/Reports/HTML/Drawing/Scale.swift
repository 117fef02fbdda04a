import Quantities

/// Maps values to places in a drawing.
struct Scale {
  var low: Double
  var high: Double
  var start: Double
  var end: Double

  func callAsFunction(_ value: Double) -> Double {
    high == low ? (start + end) / 2 : start + (value - low) / (high - low) * (end - start)
  }

  /// Round values that divide the range into about `count` parts.
  func ticks(_ count: Int) -> [Double] {
    let span = high - low
    guard span > 0, span.isFinite else { return [low] }
    let raw = span / Double(count)
    var magnitude = 1.0
    while magnitude > raw { magnitude /= 10 }
    while magnitude * 10 <= raw { magnitude *= 10 }
    let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= raw * 0.999 } ?? magnitude
    var ticks: [Double] = []
    var index = (low / step - 1e-9).rounded(.up)
    while index * step <= high + step * 1e-9, ticks.count < 50 {
      ticks.append(index * step)
      index += 1
    }
    return ticks
  }

  /// The same scale with some air at both ends.
  func padded(by share: Double) -> Scale {
    let air = high > low ? (high - low) * share : max(high.magnitude * share, 1e-9)
    return Scale(low: low - air, high: high + air, start: start, end: end)
  }
}

/// Text of a coordinate: two decimals are finer than any screen or printer.
func place(_ value: Double) -> String { DecimalText.shortest((value * 100).rounded() / 100, significant: 8) }

/// The pieces the drawings are made of.
enum Draw {
  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
    element("line", ["class": style, "x1": place(x1), "y1": place(y1), "x2": place(x2), "y2": place(y2)])
  }

  static func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) -> Markup {
    element(
      "rect",
      ["class": style, "x": place(x), "y": place(y), "width": place(max(width, 0)), "height": place(height)])
  }

  static func text(_ x: Double, _ y: Double, _ style: String, anchor: String = "start", _ words: String)
    -> Markup
  {
    element("text", ["class": style, "x": place(x), "y": place(y), "text-anchor": anchor]) { words }
  }

  /// A polyline through the points.
  static func path(_ points: [(x: Double, y: Double)], _ style: String) -> Markup {
    var d = ""
    for (index, point) in points.enumerated() {
      d += "\(index == 0 ? "M" : "L")\(place(point.x)) \(place(point.y))"
    }
    return element("path", ["class": style, "d": d])
  }

  /// A drawing that shrinks with the page; `label` is read by screen readers.
  static func canvas(
    width: Double, height: Double, class style: String, label: String, @MarkupBuilder _ content: () -> Markup
  ) -> Markup {
    element(
      "svg",
      [
        "class": style, "viewBox": "0 0 \(place(width)) \(place(height))", "role": "img", "aria-label": label,
      ], content)
  }
}
