import Documents
import Foundation
import Model
import Testing

@Suite struct YAMLDocumentTests {
  func findings(_ text: String) -> [String] {
    YAMLDocument.parse(text: text, file: "f.yaml").findings.map(\.description)
  }

  @Test func `values keep their order, text and place`() throws {
    let document = try #require(
      YAMLDocument.parse(text: "b: 3.650 V\na:\n  - 'yes'\n  - {c: µ, d: 010}\n", file: "f.yaml").value)
    func at(_ line: Int, _ column: Int) -> SourcePlace {
      SourcePlace(file: "f.yaml", line: line, column: column)
    }
    let inner = DocumentValue.table(
      [
        .init(key: "c", keyPlace: at(4, 6), value: .scalar("µ", at(4, 9))),
        .init(key: "d", keyPlace: at(4, 12), value: .scalar("010", at(4, 15))),
      ], at(4, 5))
    #expect(
      document.root
        == .table(
          [
            .init(key: "b", keyPlace: at(1, 1), value: .scalar("3.650 V", at(1, 4))),
            .init(
              key: "a", keyPlace: at(2, 1), value: .list([.scalar("yes", at(3, 5)), inner], at(3, 3))),
          ], at(1, 1)))
    #expect(document.contentHash.count == 64)
  }

  @Test(arguments: [
    ("", "f.yaml:1:1: the file is empty (it may have been cut off while it was written)"),
    (" \n\t\n", "f.yaml:1:1: the file is empty (it may have been cut off while it was written)"),
    (
      "# only\n",
      "f.yaml:1:1: the file holds nothing but comments (it may have been cut off while it was written)"
    ),
    (
      "a: 1\nb: 2\na: 3\n",
      "f.yaml:3:1: key 'a' is written more than once in one table, first in line 1 (keep one of them)"
    ),
    (
      "a: 1\nb: \u{0}x\n",
      "f.yaml:2:4: a control character (byte 0) stands in the text (this looks like a binary file)"
    ),
    ("a: &x 1\n", "f.yaml:1:4: anchors and aliases are not read here (write every value where it is used)"),
    ("a: *x\n", "f.yaml:1:4: anchors and aliases are not read here (write every value where it is used)"),
    ("*x : 1\n", "f.yaml:1:1: anchors and aliases are not read here (write every value where it is used)"),
    (
      "a: 1\nb: !!int 5\n",
      "f.yaml:2:4: tags are not read here (leave out the '!' word, or put the text in quotes)"
    ),
    (
      "a: µ\nb: x\u{FFFE}\n",
      "f.yaml:2:5: the text holds a character YAML does not allow: control characters are not allowed"
        + " (take it out, or save the file as UTF-8)"
    ),
    (
      "a: 1\n---\nb: 2\n",
      "f.yaml:2:1: this is not one YAML document: another begins here (write one document per file)"
    ),
    ("? [a]\n: b\n", "f.yaml:1:3: a key must be one word (write 'key: value')"),
  ])
  func `what is not a plain document is refused where it goes wrong`(text: String, finding: String) {
    #expect(findings(text) == [finding])
  }

  @Test(arguments: ["a: [1, 2\n", "a: 'x\n", "a: 1\n  b: 2\n", "a:\n\t- 1\n", "a: 1\n---\nb: 2\n", "{a: 1"])
  func `broken syntax names a line`(text: String) throws {
    let reading = YAMLDocument.parse(text: text, file: "f.yaml")
    #expect(reading.value == nil)
    #expect(try #require(reading.findings.first).place.line >= 1)
    #expect(reading.findings.first?.message.hasPrefix("this is not") == true)
  }

  @Test func `aliases of aliases are refused before they grow`() {
    var text = "a0: &a0 [x]\n"
    for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(findings(text).first?.contains("anchors and aliases are not read here") == true)
  }

  /// Comparing such keys with each other takes twice as long with every level: with 60 this would not end.
  @Test func `keys that are lists are refused before anything compares them`() {
    func key(_ word: String) -> String {
      "? [" + String(repeating: "[", count: 60) + String(repeating: "]", count: 60) + ", \(word)]\n: 1\n"
    }
    #expect(
      findings(key("a") + key("a") + key("b") + key("b")) == [
        "f.yaml:1:3: a key must be one word (write 'key: value')"
      ])
  }

  @Test func `many stars in a text are no aliases`() throws {
    let stars = (1...40).map { "  - *item \($0)*\n" }.joined()
    #expect(YAMLDocument.parse(text: "notes: |\n" + stars, file: "f.yaml").value != nil)
  }

  @Test func `deep nesting is refused`() {
    for depth in [40, 900, 100_000] {
      let text = "a: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "\n"
      #expect(YAMLDocument.parse(text: text, file: "f.yaml").findings.count == 1, "depth \(depth)")
    }
  }

  @Test func `every cut of a document is read or refused, never trusted half`() throws {
    let text = "a: {b: [1, 2], c: 'µ x'}\nd:\n  - e: 5 V\n"
    for count in 0..<text.utf8.count {
      let path = try temporary(Array(text.utf8.prefix(count)))
      let reading = YAMLDocument.load(path: path)
      let atLineEnd = count > 0 && Array(text.utf8)[count - 1] == 0x0A
      #expect((reading.value != nil) == atLineEnd, "cut at \(count)")
    }
  }

  @Test func `files that are no text files are refused`() throws {
    func message(_ path: String) -> String? { YAMLDocument.load(path: path).findings.first?.message }
    #expect(message("/nowhere/x.yaml") == "the file does not exist or its folder cannot be read")
    #expect(message("/dev/zero") == "this is not a regular file")
    #expect(message(NSTemporaryDirectory()) == "this is not a regular file")
    #expect(message(try temporary([0x61, 0x3A, 0x20, 0xFF, 0x0A])) == "this is not UTF-8 text")
    let large = try temporary([UInt8](repeating: 0x23, count: YAMLDocument.byteCountMax + 1))
    #expect(message(large) == "the file is larger than 4 MiB")
  }

  @Test func `a byte order mark and Windows line ends are read`() throws {
    let path = try temporary([0xEF, 0xBB, 0xBF] + Array("a: 1\r\nb: 2\r\n".utf8))
    guard case .table(let entries, _) = try #require(YAMLDocument.load(path: path).value).root else {
      Issue.record("no table")
      return
    }
    #expect(entries.map(\.key) == ["a", "b"])
  }

  private func temporary(_ bytes: [UInt8]) throws -> String {
    let name = "documents-\(SHA256.hex(of: bytes)).yaml"
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try Data(bytes).write(to: url)
    return url.path
  }
}
