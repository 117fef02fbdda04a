import Testing

@testable import Steps

/// A pulse that rises by `slope` from 0 s, holds `peak` until `cut` and falls to nothing within `fall`, sampled every
/// microsecond from 10 µs before its begin.
private func pulse(
  slope: Double = 100e6, peak: Double = 1200, cut: Double = 200e-6, fall: Double = 20e-6, end: Double = 400e-6
) -> (times: [Double], amperes: [Double]) {
  let times = stride(from: -10e-6, through: end, by: 1e-6).map { $0 }
  let amperes = times.map { t -> Double in
    if t < 0 { return 0 }
    if t < cut { return min(peak, slope * t) }
    return max(0, peak * (1 - (t - cut) / fall))
  }
  return (times, amperes)
}

@Suite struct `The shape of a short-circuit pulse` {
  @Test func `gives response, peak, slope and let-through`() throws {
    let (times, amperes) = pulse()
    let shape = try #require(PulseShape(times: times, amperes: amperes, threshold: 800))
    #expect((shape.crossing - 8e-6).magnitude < 1e-9)
    #expect((shape.slope - 100e6).magnitude < 1e3)
    #expect(shape.peak == 1200)
    // From 8 µs to 10 % of the peak, 18 µs into the fall.
    let response = try #require(shape.response)
    #expect((response - 210e-6).magnitude < 1e-8)
    let exact = 1200.0 * 1200 * (200e-6 - 12e-6 + 12e-6 / 3 + 20e-6 / 3)
    #expect((shape.letThrough / exact - 1).magnitude < 0.01)
  }

  @Test func `counts from the threshold, not from the trigger`() throws {
    let (times, amperes) = pulse(slope: 10e6)
    let low = try #require(PulseShape(times: times, amperes: amperes, threshold: 400)?.response)
    let high = try #require(PulseShape(times: times, amperes: amperes, threshold: 800)?.response)
    #expect((low - high - 40e-6).magnitude < 1e-8)
  }

  @Test func `does not exist below the threshold`() {
    let (times, amperes) = pulse(peak: 700)
    #expect(PulseShape(times: times, amperes: amperes, threshold: 800) == nil)
  }

  @Test func `has no response when the record ends first`() throws {
    let (times, amperes) = pulse(cut: 1, end: 300e-6)
    let shape = try #require(PulseShape(times: times, amperes: amperes, threshold: 800))
    #expect(shape.response == nil)
  }

  @Test func `ends at the last fall below a tenth, not at a notch before the peak`() throws {
    var (times, amperes) = pulse()
    for index in times.indices where (9.5e-6...10.5e-6).contains(times[index]) { amperes[index] = 0 }
    // The peak is reached after the notch.
    amperes[times.indices.last { times[$0] < 150e-6 }!] = 1201
    let shape = try #require(PulseShape(times: times, amperes: amperes, threshold: 800))
    #expect(try #require(shape.response) > 200e-6)
  }

  @Test func `does not exist in records that are empty, short or torn`() {
    #expect(PulseShape(times: [], amperes: [], threshold: 800) == nil)
    #expect(PulseShape(times: [0, 1], amperes: [0, 900], threshold: 800) == nil)
    #expect(PulseShape(times: [0, 1, 2], amperes: [0, 900], threshold: 800) == nil)
  }

  @Test func `of a record with readings that are no numbers is not taken for a fast response`() {
    var (times, amperes) = pulse(cut: 1, end: 300e-6)
    for index in times.indices where times[index] > 100e-6 { amperes[index] = .nan }
    let shape = PulseShape(times: times, amperes: amperes, threshold: 800)
    #expect(shape?.response == nil)
  }

  @Test func `of a record that begins above the threshold is unknown`() {
    let times = (0..<100).map { Double($0) * 1e-6 }
    let amperes = times.map { $0 < 50e-6 ? 1000.0 : 0 }
    #expect(PulseShape(times: times, amperes: amperes, threshold: 800) == nil)
  }
}
