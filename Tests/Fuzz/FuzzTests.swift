import Foundation
import Testing

/// The corpus and some thousand changes of it through every parser. `make fuzz` goes further, guided by coverage.
@Suite struct FuzzTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
  /// Changed inputs per parser.
  static let inputs = 300

  static func corpus(_ name: String) throws -> [[UInt8]] {
    let folder = folder.appending(path: name).path
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))
    }
  }

  @Test(arguments: FuzzTarget.all.map(\.name)) func `no input ends the program`(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let corpus = try Self.corpus(name)
    try #require(!corpus.isEmpty)
    for input in corpus { target.run(Array(input.prefix(target.lengthMax))) }
    var mutator = Mutator(corpus: corpus, seed: 1, lengthMax: target.lengthMax)
    for _ in 0..<Self.inputs { target.run(mutator.input()) }
    target.run([])
  }

  @Test func `the corpus is small and belongs to the parsers`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(names == FuzzTarget.all.map(\.name).sorted())
    let size = try names.flatMap { try Self.corpus($0) }.reduce(0) { $0 + $1.count }
    #expect(size < 100_000, "\(size) bytes")
  }
}
