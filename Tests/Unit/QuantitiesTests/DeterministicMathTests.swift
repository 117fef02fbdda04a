import Foundation
import Quantities
import Testing

@Suite struct DeterministicMathTests {
  @Test func `the exponential agrees with the library's within a few last places`() {
    for step in -7400...7090 {
      let x = Double(step) / 10 + 0.000_37
      let expected = exp(x)
      let error = (DeterministicMath.exponential(x) - expected).magnitude
      #expect(error <= 3 * expected.ulp, "e^\(x)")
    }
  }

  @Test func `ends and special values are the mathematical ones`() {
    #expect(DeterministicMath.exponential(0) == 1)
    #expect(DeterministicMath.exponential(-1e9) == 0)
    #expect(DeterministicMath.exponential(-.infinity) == 0)
    #expect(DeterministicMath.exponential(.infinity) == .infinity)
    #expect(DeterministicMath.exponential(1e9) == .infinity)
    #expect(DeterministicMath.exponential(.nan).isNaN)
  }
}
