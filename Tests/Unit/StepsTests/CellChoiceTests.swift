import Testing

@testable import Steps

@Suite struct `The choice of cells` {
  private func cells(_ words: [String], count: Int = 24, serial: String = "EK24-000123") -> [Int]? {
    CellChoice.cells(words, count: count, serial: serial)
  }

  @Test func `understands first, last, all and numbers`() {
    #expect(cells(["first", "last"]) == [1, 24])
    #expect(cells(["first", "last"], count: 16) == [1, 16])
    #expect(cells(["all"], count: 16) == Array(1...16))
    #expect(cells(["7", "3"]) == [7, 3])
    #expect(cells([]) == [])
  }

  @Test func `takes each cell once, in the order written`() {
    #expect(cells(["last", "1", "first", "24", "5"]) == [24, 1, 5])
    #expect(cells(["3", "all"], count: 16)?.prefix(4) == [3, 1, 2, 4])
  }

  @Test(arguments: ["0", "25", "-1", "cell 7", "", "First", "7.0"]) func `refuses what names no cell`(
    _ word: String
  ) {
    #expect(cells(["first", word]) == nil)
  }

  @Test func `gives every cell its turn over as many units as there are cells`() {
    for count in 16...24 {
      let seen = (0..<count).map { CellChoice.rotating("EK24-\(100_000 + $0)", count: count) }
      #expect(seen.sorted() == Array(1...count))
    }
  }

  @Test func `turns with any serial number`() {
    #expect(CellChoice.rotating("EK24-000123", count: 24) == 123 % 24 + 1)
    #expect(CellChoice.rotating("no digits", count: 24) == 1)
    #expect(CellChoice.rotating("", count: 24) == 1)
    #expect(CellChoice.rotating("12A", count: 24) == 1)
    #expect((1...24).contains(CellChoice.rotating(String(repeating: "9", count: 64), count: 24)))
    #expect((1...24).contains(CellChoice.rotating("EK-٣٤", count: 24)))
  }
}
