/// DBC files by chance: both byte orders, signed and not, floating point, simple and nested selectors, long and short
/// identifiers, frames of any length, names of values.
enum GeneratedDBC {
  /// No bit belongs to two signals: cantools refuses such frames.
  static func text(frames: Int, using chance: inout some RandomNumberGenerator) -> String {
    var text = "VERSION \"\"\n\nNS_ :\n\tCM_\n\tVAL_\n\nBS_:\n\nBU_: A B\n\n"
    var types = ""
    var extended = ""
    var names = ""
    for index in 0..<frames {
      let isExtended = Bool.random(using: &chance)
      let number = isExtended ? 0x8000_0000 + 0x18FF_0000 + UInt32(index) : 0x100 + UInt32(index)
      let selects = Int.random(in: 0...3, using: &chance)
      let length = [8, 8, 8, 7, 5, 3].randomElement(using: &chance)!
      text += "BO_ \(number) Frame\(index): \(length) A\n"
      var first = 0
      if selects >= 2 {
        text += " SG_ Root M : 0|8@1+ (1,0) [0|0] \"\" B\n"
        first = 8
      }
      if selects == 3 {
        text += " SG_ Inner m1M : 8|4@1+ (1,0) [0|0] \"\" B\n"
        extended += "SG_MUL_VAL_ \(number) Inner Root 1-1;\n"
        first = 12
      }
      var taken = Set(0..<first)
      for part in 0..<8 {
        let name = "S\(part)"
        guard let place = place(&taken, in: length * 8, &chance) else { continue }
        if !place.isReal, place.length < 32, Bool.random(using: &chance) {
          names +=
            "VAL_ \(number) \(name) 0 \"nothing\" 1 \"one\" \((1 << place.length - 1) - 1) \"much\" ;\n"
        }
        var mark = ""
        if selects >= 2 {
          let value = Int.random(in: 0...3, using: &chance)
          mark = "m\(value) "
          if selects == 3 {
            let inner = Bool.random(using: &chance)
            extended +=
              inner
              ? "SG_MUL_VAL_ \(number) \(name) Inner \(value)-\(value + 2), 9-11;\n"
              : "SG_MUL_VAL_ \(number) \(name) Root \(value)-\(value + 1);\n"
          }
        }
        text += signal(name, mark, place, number, &types, &chance)
      }
      text += "\n"
    }
    return text + types + names + extended
  }

  private struct Place {
    var start: Int
    var length: Int
    var isBig: Bool
    var isReal: Bool
  }

  /// Bits that are free yet; nil when chance finds none.
  private static func place(
    _ taken: inout Set<Int>, in bits: Int, _ chance: inout some RandomNumberGenerator
  ) -> Place? {
    for _ in 0..<20 {
      let isBig = Bool.random(using: &chance)
      let begin = Int.random(in: 0..<bits, using: &chance)
      var length = Int.random(in: 1...(bits - begin), using: &chance)
      if length > 12, Bool.random(using: &chance) { length = Int.random(in: 1...12, using: &chance) }
      var isReal = false
      if length >= 32, Bool.random(using: &chance) { (length, isReal) = (32, true) }
      if begin == 0, bits == 64, length > 40 { (length, isReal) = (64, true) }
      // The n-th bit: little-endian upward from `begin`, big-endian from the high end of each byte downward.
      let places = (begin..<begin + length).map { isBig ? $0 / 8 * 8 + 7 - $0 % 8 : $0 }
      guard taken.isDisjoint(with: places) else { continue }
      taken.formUnion(places)
      return Place(start: places[0], length: length, isBig: isBig, isReal: isReal)
    }
    return nil
  }

  private static func signal(
    _ name: String, _ mark: String, _ place: Place, _ number: UInt32, _ types: inout String,
    _ chance: inout some RandomNumberGenerator
  ) -> String {
    let isSigned = Bool.random(using: &chance)
    let factor = ["1", "0.1", "0.01", "2", "-0.5", "1E-3", "0.00390625"].randomElement(using: &chance)!
    let offset = ["0", "-40", "273.15", "-400", "1e2"].randomElement(using: &chance)!
    if place.isReal { types += "SIG_VALTYPE_ \(number) \(name) : \(place.length == 32 ? 1 : 2);\n" }
    let scale = place.isReal ? "(1,0)" : "(\(factor),\(offset))"
    return
      " SG_ \(name) \(mark): \(place.start)|\(place.length)@\(place.isBig ? 0 : 1)\(isSigned ? "-" : "+") "
      + "\(scale) [0|0] \"\" B\n"
  }
}
