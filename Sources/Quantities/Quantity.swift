/// The compile-time mark of a dimension.
public protocol UnitTag: Sendable {
  static var dimension: Dimension { get }
}

public enum VoltageTag: UnitTag { public static let dimension = Dimension.voltage }
public enum CurrentTag: UnitTag { public static let dimension = Dimension.current }
public enum ResistanceTag: UnitTag { public static let dimension = Dimension.resistance }
public enum TimeTag: UnitTag { public static let dimension = Dimension.time }
public enum TemperatureTag: UnitTag { public static let dimension = Dimension.temperature }
public enum ChargeTag: UnitTag { public static let dimension = Dimension.charge }
public enum VoltageRateTag: UnitTag { public static let dimension = Dimension.voltageRate }
public enum CurrentRateTag: UnitTag { public static let dimension = Dimension.currentRate }
public enum RatioTag: UnitTag { public static let dimension = Dimension.ratio }

/// A number with its dimension in the type. `base` is in the SI unit of the dimension (V, A, Ω, s, °C, C).
@frozen
public struct Quantity<Tag: UnitTag>: Hashable, Comparable, Sendable {
  public var base: Double

  public init(_ base: Double) { self.base = base }

  public static var zero: Self { Self(0) }
  public static func < (a: Self, b: Self) -> Bool { a.base < b.base }
  public static func + (a: Self, b: Self) -> Self { Self(a.base + b.base) }
  public static func - (a: Self, b: Self) -> Self { Self(a.base - b.base) }
  public static prefix func - (a: Self) -> Self { Self(-a.base) }
  public static func * (a: Self, k: Double) -> Self { Self(a.base * k) }
  public static func * (k: Double, a: Self) -> Self { Self(a.base * k) }
  public static func / (a: Self, k: Double) -> Self { Self(a.base / k) }
  public static func / (a: Self, b: Self) -> Double { a.base / b.base }
  public static func += (a: inout Self, b: Self) { a.base += b.base }
  public static func -= (a: inout Self, b: Self) { a.base -= b.base }
  public var magnitude: Self { Self(base.magnitude) }
  public var isFinite: Bool { base.isFinite }

  /// The same number with its dimension carried at run time.
  public var measured: AnyQuantity { AnyQuantity(base, Tag.dimension) }

  /// The quantity, or nil when the dimension is another one.
  public init?(_ any: AnyQuantity) {
    guard any.dimension == Tag.dimension else { return nil }
    self.init(any.base)
  }
}

extension Quantity: CustomStringConvertible {
  public var description: String { measured.description }
}

public typealias Voltage = Quantity<VoltageTag>
public typealias Current = Quantity<CurrentTag>
public typealias Resistance = Quantity<ResistanceTag>
public typealias TimeSpan = Quantity<TimeTag>
public typealias Temperature = Quantity<TemperatureTag>
public typealias Charge = Quantity<ChargeTag>
public typealias VoltageRate = Quantity<VoltageRateTag>
public typealias CurrentRate = Quantity<CurrentRateTag>
public typealias Ratio = Quantity<RatioTag>

extension Quantity where Tag == VoltageTag {
  public static func volts(_ x: Double) -> Self { Self(x) }
  public static func millivolts(_ x: Double) -> Self { Self(x * 1e-3) }
}
extension Quantity where Tag == CurrentTag {
  public static func amperes(_ x: Double) -> Self { Self(x) }
  public static func milliamperes(_ x: Double) -> Self { Self(x * 1e-3) }
}
extension Quantity where Tag == ResistanceTag {
  public static func ohms(_ x: Double) -> Self { Self(x) }
}
extension Quantity where Tag == TimeTag {
  public static func seconds(_ x: Double) -> Self { Self(x) }
  public static func milliseconds(_ x: Double) -> Self { Self(x * 1e-3) }
}
extension Quantity where Tag == TemperatureTag {
  public static func celsius(_ x: Double) -> Self { Self(x) }
}
extension Quantity where Tag == ChargeTag {
  public static func ampereHours(_ x: Double) -> Self { Self(x * 3600) }
}
