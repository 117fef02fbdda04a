import Foundation
import Model
import Testing

@testable import Reports

@Suite struct BundleChartTests {
  /// 24 curves of `rows` points: one comes down to the crowd, one comes up, the others stand still.
  private func trace(rows: Int = 400) -> Trace {
    let times = (0..<rows).map { Double($0) * 25 }
    return Trace(
      step: "convergence", title: "cell voltages",
      series: (1...24).map { cell in
        let values = (0..<rows).map { row -> Double in
          let left = 1 - Double(row) / Double(rows - 1)
          return 3.2 + (cell == 5 ? 0.03 * left : cell == 17 ? -0.02 * left : 0)
        }
        return Trace.Series(name: "cell \(cell)", dimension: .voltage, times: times, values: values)
      })
  }

  @Test func `cells that stand out are named, the others are a crowd`() {
    let trace = trace()
    #expect(BundleChart.suits(trace))
    let html = BundleChart(trace: trace).markup.html
    #expect(html.contains(">cell 5</text>") && html.contains(">cell 17</text>"))
    #expect(!html.contains(">cell 9</text>"))
    #expect(html.components(separatedBy: "class=\"bundle\"").count - 1 >= 20)
    #expect(html.contains("apart by 50 mV at the begin and 0 mV at the end"), "\(html.prefix(600))")
  }

  @Test func `cells that stand still cost next to nothing`() {
    #expect(BundleChart(trace: trace()).markup.html.utf8.count < 60_000)
  }

  @Test func `a value that was not measured leaves a gap and no nonsense`() {
    var trace = trace(rows: 10)
    trace.series[3].values[4] = .nan
    let html = BundleChart(trace: trace).markup.html
    #expect(!html.isEmpty && !html.contains("nan"))
  }

  @Test func `few curves, or curves of several quantities, are drawn as they were`() {
    var trace = trace()
    trace.series[0].dimension = .current
    #expect(!BundleChart.suits(trace))
    trace.series = Array(trace.series.dropFirst().prefix(6))
    #expect(!BundleChart.suits(trace))
  }
}
