import Quantities

/// One thing to see on an article, under the name that questions use, with the value of a good one.
///
/// Figures without remark are those of manual sections 2, 3.2 and 6; dates and texts are made up.
struct ArticleFeature: Sendable {
  let name: String
  let kind: UnitParameterKind
  let good: UnitParameterValue
  let doc: String

  static func named(_ name: String) -> ArticleFeature? { all.first { $0.name == name } }

  static let all: [ArticleFeature] =
    label + appearance + kit + accessories + body + logistics + papers + warranty

  private static func text(_ name: String, _ good: String, _ doc: String) -> ArticleFeature {
    .init(name: name, kind: .text(1...64), good: .text(good), doc: doc)
  }
  private static func flag(_ name: String, _ good: Bool, _ doc: String) -> ArticleFeature {
    .init(name: name, kind: .flag, good: .flag(good), doc: doc)
  }
  private static func count(_ name: String, _ good: Int, _ doc: String) -> ArticleFeature {
    .init(name: name, kind: .integer(0...1000), good: .integer(good), doc: doc)
  }
  private static func size(
    _ name: String, _ dimension: Dimension, _ good: Double, _ doc: String, to high: Double = 1
  ) -> ArticleFeature {
    .init(
      name: name, kind: .quantity(dimension, 0...high), good: .quantity(AnyQuantity(good, dimension)),
      doc: doc)
  }

  private static let label = [
    text("label-model", "EK-B24S8E300A", "model printed on the label"),
    text("label-serial", "SIM-0001", "serial number printed on the label"),
    text("manual-version", "V1.01", "version printed on the enclosed manual"),
  ]

  private static let appearance = [
    flag("undamaged", true, "no dent, crack, burn mark or loose part"),
    flag("covers-complete", true, "no cover or screw is missing"),
    flag("label-readable", true, "label straight and readable"),
    flag("led-windows-clear", true, "light windows clear"),
    flag("seal-intact", true, "seal and screw heads untouched"),
    flag("wire-colours", true, "black on position 1 only, red on all others"),
    flag("esd-checked", true, "the station's wrist strap was checked in this shift"),
  ]

  private static let kit = [
    count("kit-ntc-cables", 1, "NTC cables in the box"),
    count("kit-switch-cables", 1, "switch cables in the box"),
    count("kit-18-pin-cables", 2, "18-pin cables in the box"),
    count("kit-14-pin-cables", 1, "14-pin cables in the box"),
    count("kit-lugs", 4, "terminal lugs in the box"),
    count("kit-screws", 4, "M6 screws in the box"),
  ]

  private static let accessories = [
    flag("ntc-plug", true, "the NTC cable's plug is the 8-pin one"),
    size("ntc-length", .length, 0.42, "length of the NTC cable", to: 10),
    size("ntc-r25", .resistance, 10_000, "resistance of a sensor at 25 °C", to: 1e6),
    .init(name: "ntc-beta", kind: .number(1000...9000), good: .number(3950), doc: "beta of a sensor, kelvin"),
    flag("switch-plug", true, "the switch cable's plug is the 4-pin one, wires in order"),
    size("switch-length", .length, 0.52, "length of the switch cable", to: 10),
    size("switch-strip", .length, 0.03, "stripped length of the switch cable", to: 1),
    size("switch-resistance", .resistance, 0.1, "worst wire of the switch cable", to: 1e6),
    size("cable-18-length", .length, 0.7, "length of an 18-pin cable", to: 10),
    size("cable-18-resistance", .resistance, 0.027, "worst conductor of an 18-pin cable", to: 1e6),
    flag("cable-18-order", true, "no conductor of an 18-pin cable is crossed or open"),
    size("cable-14-length", .length, 0.7, "length of the 14-pin cable", to: 10),
    size("cable-14-resistance", .resistance, 0.027, "worst conductor of the 14-pin cable", to: 1e6),
    flag("cable-14-order", true, "no conductor of the 14-pin cable is crossed or open"),
    size(
      "paired-contacts", .resistance, 0.012, "worst resistance between the two contacts of a node", to: 1e6),
    size("lug-hole", .length, 0.0082, "bore of a lug", to: 0.1),
    size("lug-screw-hole", .length, 0.0063, "screw hole of a lug", to: 0.1),
    size("lug-length", .length, 0.031, "length of a lug", to: 0.5),
    flag("screw-gauge", true, "an M6 go gauge runs over every screw"),
  ]

  private static let body = [
    size("length", .length, 0.237, "length of the housing"),
    size("width", .length, 0.107, "width of the housing"),
    size("thickness", .length, 0.0245, "thickness of the housing"),
    size("mass", .mass, 1.5, "mass without cables", to: 100),
    size("insulation", .resistance, 200e6, "all pins against the housing at 500 V", to: 1e12),
    flag("insulation-consent", true, "the customer agrees to the insulation test"),
  ]

  private static let logistics = [
    text("carton-photos", "carton-1.jpg, carton-2.jpg", "photos of the closed carton"),
    flag("carton-marks", false, "marks of impact on the carton"),
    flag("handled-with-care", true, "no tilt or shock label has tripped"),
    flag("transported-dry", true, "no traces of rain, snow or collision"),
    flag("transported-clean", true, "not transported beside acid or alkali"),
    .init(
      name: "storage-coldest", kind: .quantity(.temperature, -60...100),
      good: .quantity(AnyQuantity(12, .temperature)), doc: "lowest sample of the logger"),
    .init(
      name: "storage-warmest", kind: .quantity(.temperature, -60...100),
      good: .quantity(AnyQuantity(24, .temperature)), doc: "highest sample of the logger"),
    size("storage-humidity", .humidity, 0.55, "highest sample of the logger"),
    flag("storage-atmosphere", true, "warehouse without fumes, vibration and magnetic fields"),
  ]

  private static let papers = [
    flag("material-certificate", true, "certificate of the materials on file"),
    flag("test-record", true, "the maker's test record on file"),
    flag("feature-evidence", true, "the maker's evidence for features without figures on file"),
    flag("dust-evidence", true, "the maker's evidence for dust and moisture on file"),
    flag("pin-map", true, "pin map of NTC, switch, CAN and 485 plugs on file"),
    flag("app-available", true, "the app is in both stores in Chinese and English"),
  ]

  private static let warranty = [
    text("invoice-name", "Enerkey BMS Power Technology", "maker's name on the invoice"),
    text("symptom", "does not charge", "what the owner reports"),
    flag("location-asked", true, "the owner was asked for the phone's permissions"),
    flag("count-asked", true, "the owner was asked for the string count setting"),
    text("warranty-shipment", "2025-06-10", "date of shipment"),
    text("warranty-vendor-installation", "none", "date of installation by the vendor, or none"),
    text("warranty-first-use", "2025-06-20", "date of the first installation, or unknown"),
    text("warranty-claim", "2026-01-05", "date of the claim"),
    flag("exclusion-use", false, "improper use or maintenance"),
    flag("exclusion-foreign-parts", false, "software, accessories or parts of others"),
    flag("exclusion-opened", false, "opened, modified or misused"),
    flag("exclusion-outside-specification", false, "used outside the specification"),
    flag("exclusion-transport", false, "improper transport, handling or storage"),
    flag("exclusion-other", false, "another cause that is not quality"),
    text("received-photos", "board-1.jpg, board-2.jpg", "photos of the unit as received"),
    text("remedy", "after the tests", "repair, replacement, none, after the tests"),
    count("repair-days", 20, "days promised for the repair"),
    text("cause", "open until the tests", "quality, excluded, not reproduced, open until the tests"),
    text("contact", "after-sales of the vendor", "whom the owner asks when the fault stays"),
  ]
}

extension UnitParameterCatalog {
  /// What people see: `article.kit-screws: 3`.
  static let article: [UnitParameterEntry] = ArticleFeature.all.map { feature in
    UnitParameterEntry(
      path: "article.\(feature.name)", indices: nil, kind: feature.kind, doc: feature.doc
    ) { unit, _, value in
      unit.article.set(feature.name, value)
    }
  }
}
