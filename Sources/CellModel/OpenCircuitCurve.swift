import Quantities

/// Rest voltage of a cell over its state of charge: straight lines between points.
///
/// Below 0 and above 1 the first and the last line go on: whoever uses the curve sees from the state of charge
/// that it is out of range, the voltage gives no false comfort.
public struct OpenCircuitCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    /// 0 = empty, 1 = full.
    public let stateOfCharge: Double
    public let voltage: Voltage
    public init(stateOfCharge: Double, voltage: Voltage) {
      self.stateOfCharge = stateOfCharge
      self.voltage = voltage
    }
  }

  public let points: [Point]

  /// - Precondition: At least two points from 0 to 1; state of charge and voltage both rise from point to point,
  ///   so that the curve can be read in either direction.
  public init(points: [Point]) {
    precondition(
      points.count >= 2 && points.first!.stateOfCharge == 0 && points.last!.stateOfCharge == 1,
      "an open-circuit curve reaches from 0 to 1")
    precondition(
      zip(points, points.dropFirst()).allSatisfy {
        $0.stateOfCharge < $1.stateOfCharge && $0.voltage < $1.voltage
      }, "an open-circuit curve rises from point to point")
    self.points = points
  }

  /// Evenly spaced points from empty to full.
  init(evenly volts: [Double]) {
    self.init(
      points: volts.enumerated().map { index, value in
        Point(stateOfCharge: Double(index) / Double(volts.count - 1), voltage: Voltage(value))
      })
  }

  public func voltage(at stateOfCharge: Double) -> Voltage {
    let upper = line { $0.stateOfCharge >= stateOfCharge }
    let (a, b) = (points[upper - 1], points[upper])
    let share = (stateOfCharge - a.stateOfCharge) / (b.stateOfCharge - a.stateOfCharge)
    return a.voltage + share * (b.voltage - a.voltage)
  }

  /// The state of charge that rests at a voltage; outside 0 … 1 for voltages outside the curve.
  public func stateOfCharge(at voltage: Voltage) -> Double {
    let upper = line { $0.voltage >= voltage }
    let (a, b) = (points[upper - 1], points[upper])
    let share = (voltage - a.voltage) / (b.voltage - a.voltage)
    return a.stateOfCharge + share * (b.stateOfCharge - a.stateOfCharge)
  }

  /// Index of the upper end of the line in use.
  private func line(_ isAbove: (Point) -> Bool) -> Int {
    max(1, points.firstIndex(where: isAbove) ?? points.count - 1)
  }
}

extension OpenCircuitCurve {
  // Rest curves at 25 °C, one point per 5 %. Project defaults in the shape that published curves of each
  // chemistry have; they stand for no particular cell.

  /// Nickel cobalt manganese against graphite.
  public static let ncm = OpenCircuitCurve(
    evenly: [
      3.000, 3.380, 3.450, 3.510, 3.550, 3.585, 3.610, 3.630, 3.650, 3.670, 3.695, 3.730, 3.775, 3.820, 3.865,
      3.910, 3.960, 4.010, 4.065, 4.120, 4.190,
    ])

  /// Iron phosphate against graphite: two plateaus, steep at both ends.
  public static let lfp = OpenCircuitCurve(
    evenly: [
      2.500, 3.000, 3.150, 3.205, 3.235, 3.258, 3.275, 3.285, 3.290, 3.294, 3.298, 3.302, 3.309, 3.318, 3.326,
      3.330, 3.332, 3.335, 3.338, 3.345, 3.450,
    ])

  /// Manganese or cobalt oxide against titanate.
  public static let lto = OpenCircuitCurve(
    evenly: [
      1.800, 2.030, 2.100, 2.140, 2.165, 2.185, 2.200, 2.215, 2.230, 2.248, 2.268, 2.290, 2.315, 2.340, 2.368,
      2.398, 2.430, 2.465, 2.505, 2.560, 2.680,
    ])
}
