import Quantities
import Simulation

/// Everything about a simulated unit that people see, count and measure with hand instruments: the board, its label,
/// what is in the box, the carton, the papers, how it was stored and what its owner tells.
///
/// Modelled: one value per thing. Not modelled: scatter between two looks at the same thing, pictures.
public struct Article: Equatable, Sendable {
  /// What differs from a good article, by the feature's name.
  private var deviations: [String: UnitParameterValue] = [:]

  public init() {}

  /// Plants a value; the catalogue has checked kind and range.
  mutating func set(_ name: String, _ value: UnitParameterValue) { deviations[name] = value }

  func value(of feature: ArticleFeature) -> UnitParameterValue { deviations[feature.name] ?? feature.good }

  /// What a person who looks at the article answers to a question, as typed. `length-2` is a second look at `length`.
  ///
  /// - Returns: nil when the article has nothing of that name.
  func answer(to question: String) -> String? {
    var name = question
    if ArticleFeature.named(name) == nil, let dash = name.lastIndex(of: "-"),
      Int(name[name.index(after: dash)...]) != nil
    {
      name = String(name[..<dash])
    }
    if let feature = ArticleFeature.named(name) { return written(feature) }
    return question.hasSuffix("-evidence") ? "seen on the simulated article" : nil
  }

  private func written(_ feature: ArticleFeature) -> String {
    switch (value(of: feature), feature.kind) {
    case (.text(let text), _): text
    case (.flag(let flag), _): flag ? "yes" : "no"
    case (.integer(let count), _): "\(count)"
    case (.quantity(let quantity), _): quantity.formatted(significant: 5)
    case (.number(let number), .quantity(let dimension, _)):
      AnyQuantity(number, dimension).formatted(significant: 5)
    case (.number(let number), _): DecimalText.shortest(number, significant: 5)
    }
  }

  /// A good article whose sizes differ as far as real ones would: at most half of each tolerance.
  mutating func draw(_ source: SeededRandom) {
    var random = source
    func spread(_ name: String, _ dimension: Dimension, _ nominal: Double, _ reach: Double) {
      set(name, .quantity(AnyQuantity(nominal + random.uniform(-reach, reach), dimension)))
    }
    spread("length", .length, 0.237, 0.000_25)
    spread("width", .length, 0.107, 0.000_25)
    spread("thickness", .length, 0.0245, 0.000_25)
    spread("mass", .mass, 1.5, 0.03)
    spread("ntc-r25", .resistance, 10_000, 40)
  }
}
