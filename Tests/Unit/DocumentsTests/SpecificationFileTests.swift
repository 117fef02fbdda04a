import Documents
import Foundation
import Model
import Quantities
import Testing

/// The files under Procedures/Specification against the figures of the manual.
@Suite struct SpecificationFileTests {
  static let folder = repository + "/Procedures/Specification/"

  static let readings = Dictionary(
    uniqueKeysWithValues: ["200", "250", "300"].map {
      ($0, SpecificationDocument.load(path: folder + "ek-b24s8e\($0)a.yaml"))
    })

  static func specification(_ current: String) throws -> Specification {
    let reading = try #require(readings[current])
    #expect(reading.findings == [])
    return try #require(reading.value).specification
  }

  @Test func `all 184 requirements are there, in order`() throws {
    let specification = try Self.specification("300")
    #expect(ManualFigures.requirements.count == 184)
    #expect(specification.requirements.map(\.id) == ManualFigures.requirements)
    #expect(specification.conflicts.map(\.id) == (1...23).map { $0 < 10 ? "C-0\($0)" : "C-\($0)" })
    #expect(specification.model == "EK-B24S8E300A")
    #expect(specification.ratedCurrent == 300)
    #expect(specification.document == "EK-B24S8E300A manual V1.01, 2025-05-17")
  }

  @Test(arguments: ManualFigures.rows)
  func `every numeric limit of the manual is there`(row: ManualFigures.Row) throws {
    let variants = ["200A": "200", "250A": "250"]
    let specification = try Self.specification(variants[row.variant] ?? "300")
    let limit = try #require(specification.limit(row.limit))
    let dimension = try #require(limit.dimension)
    func base(_ text: String) throws -> Double? {
      text.isEmpty ? nil : try AnyQuantity(parsing: "\(text) \(row.unit)", as: dimension).base
    }
    let (nominal, low, high) = (try base(row.nominal), try base(row.low), try base(row.high))
    let chemistry = Chemistry(rawValue: row.variant)
    #expect(
      limit.cases.contains {
        $0.requirement == row.requirement && $0.rule == .window(low: low, high: high)
          && $0.nominal == nominal && $0.basis.rawValue == row.basis
          && $0.chemistries == (chemistry.map { [$0] } ?? [])
      })
  }

  @Test(arguments: ["200", "250", "300"])
  func `limits are well formed and point at requirements`(current: String) throws {
    let specification = try Self.specification(current)
    #expect(Set(specification.limits.map(\.id)).count == specification.limits.count)
    #expect(Set(specification.requirements.map(\.id)).count == 184)
    for limit in specification.limits {
      for limitCase in limit.cases {
        #expect(specification.requirement(limitCase.requirement) != nil, "\(limit.id)")
        guard case .window(let low, let high) = limitCase.rule else { continue }
        #expect(low ?? -.infinity <= high ?? .infinity, "\(limit.id)")
        if let nominal = limitCase.nominal {
          #expect((low ?? nominal) <= nominal && nominal <= (high ?? nominal), "\(limit.id)")
        }
      }
    }
  }

  @Test func `each workflow and chemistry gets its own overcharge band`() throws {
    let limit = try #require(try Self.specification("300").limit("ovp-trip"))
    let line = try #require(limit.applicable(chemistry: .lfp, workflow: .endOfLine))
    #expect(line.rule == .window(low: 3.635, high: 3.665))
    #expect(line.basis == .project)
    let warranty = try #require(limit.applicable(chemistry: .ncm, workflow: .warranty))
    #expect(warranty.rule == .window(low: 4.15, high: 4.25))
    #expect(warranty.basis == .vendor)
    // The manual gives no band; design validation is judged as the line is, on our authority.
    let validation = try #require(limit.applicable(chemistry: .ncm, workflow: .designValidation))
    #expect(validation.rule == .window(low: 4.185, high: 4.215))
    #expect(validation.basis == .project)
  }

  @Test func `our window judges cell errors everywhere, the printed millivolt is for counting`() throws {
    let limit = try #require(try Self.specification("300").limit("cell-error"))
    for workflow in Workflow.allCases {
      #expect(limit.applicable(chemistry: .lfp, workflow: workflow)?.basis == .project)
    }
    let printed = try #require(try Self.specification("300").limit("cell-error-literal"))
    #expect(
      printed.applicable(chemistry: .lfp, workflow: .warranty)?.rule == .window(low: -0.001, high: 0.001))
    #expect(
      limit.applicable(chemistry: .lfp, workflow: .endOfLine)?.rule == .window(low: -0.005, high: 0.005))
  }

  @Test func `variants change what differs and keep the rest`() throws {
    let small = try Self.specification("200")
    let big = try Self.specification("300")
    #expect(small.model == "EK-B24S8E200A")
    #expect(small.ratedCurrent == 200)
    #expect(small.limit("charge-limit-range")?.cases.first?.rule == .window(low: 15, high: 200))
    #expect(small.limit("ovp-trip") == big.limit("ovp-trip"))
    #expect(small.requirements.count { big.requirement($0.id) != $0 } == 5)
  }

  @Test(arguments: ["200", "250", "300"])
  func `a source that speaks of a conflict carries it`(current: String) throws {
    for limit in try Self.specification(current).limits {
      for limitCase in limit.cases {
        for match in limitCase.source.matches(of: /C-\d\d/) {
          #expect(limitCase.conflicts.contains(String(match.0)), "\(limit.id): \(limitCase.source)")
        }
      }
    }
  }

  @Test(arguments: ["200", "250"]) func `a variant's limits say as much as those they replace`(
    current: String
  )
    throws
  {
    let base = try Self.specification("300")
    for limit in try Self.specification(current).limits {
      let replaced = try #require(base.limit(limit.id))
      #expect(limit.cases.map(\.conflicts) == replaced.cases.map(\.conflicts), "\(limit.id)")
      #expect(limit.cases.map(\.also) == replaced.cases.map(\.also), "\(limit.id)")
    }
  }

  @Test func `the hash of a variant follows the file it extends`() throws {
    let (base, variant) = (minimalSpecification, "specification: V\nextends: b.yaml\nrated-current: 200 A\n")
    func hash(_ base: String) throws -> String {
      let document = try #require(YAMLDocument.parse(text: variant, file: "v.yaml").value)
      let extended = try #require(YAMLDocument.parse(text: base, file: "b.yaml").value)
      return try #require(SpecificationDocument.read(document, extending: extended).value).reference
        .contentHash
    }
    #expect(try hash(base) != hash(base + "# a remark\n"))
  }
}

/// The root of the checkout.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

let minimalSpecification = """
  specification: X
  document: {title: Manual, version: V1, date: "2025-05-17"}
  rated-current: 300 A
  requirements:
    - {id: SPEC-A-01, title: A, section: "1", value: text}
  limits:
    a-limit:
      title: A
      dimension: voltage
      cases:
        - {requirement: SPEC-A-01, nominal: 1 V, low: 0.9 V, high: 1.1 V, basis: vendor, source: section 1}

  """
