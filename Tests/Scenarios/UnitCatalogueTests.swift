import Documents
import Foundation
import Model
import Rigging
import Testing

/// The catalogue of defects: complete, clean, and each defect says what it breaks.
@Suite struct UnitCatalogueTests {
  private static let defects = UnitCatalogue.entries.filter { $0.group != "good" }

  @Test func `there are enough defects and all files load`() {
    #expect(Self.defects.count >= 120)
    for entry in UnitCatalogue.entries {
      #expect(entry.reading.findings.isEmpty, "\(entry.file): \(entry.reading.findings)")
    }
  }

  @Test func `each file is named after its unit, lies in a group and tells its story`() throws {
    var seen: [String: String] = [:]
    for entry in UnitCatalogue.entries {
      let unit = try #require(entry.reading.value, "\(entry.file) does not load")
      #expect(unit.reference.name == entry.name, "\(entry.file) describes \(unit.reference.name)")
      #expect(Self.groups.contains(entry.group), "\(entry.file): no such group")
      #expect(seen[entry.name] == nil, "\(entry.file) and \(seen[entry.name] ?? "") have one name")
      seen[entry.name] = entry.file
      #expect(!unit.title.isEmpty && !unit.story.isEmpty, "\(entry.file) tells no story")
      #expect(unit.breaks.isEmpty == (entry.group == "good"), "\(entry.file) breaks \(unit.breaks)")
    }
  }

  @Test func `every requirement that a unit can break is broken by a defect`() throws {
    let specification = try #require(
      SpecificationDocument.load(path: Scenario.root + "/Procedures/Specification/ek-b24s8e300a.yaml").value)
    let known = specification.specification.requirements.map(\.id)
    let broken = Self.defects.flatMap { $0.reading.value?.breaks ?? [] }
    for id in broken { #expect(known.contains(id), "a unit file breaks \(id), which is no requirement") }
    for id in known {
      let reason = UnbreakableRequirements.reasons[id]
      #expect(
        broken.contains(id) == (reason == nil),
        "\(id): \(reason.map { "broken by a file, though \($0)" } ?? "no unit file breaks it")")
    }
    for id in UnbreakableRequirements.reasons.keys { #expect(known.contains(id), "\(id) is no requirement") }
  }

  private static let groups = [
    "component", "assembly", "firmware", "balancer", "communication", "article", "good",
  ]
}
