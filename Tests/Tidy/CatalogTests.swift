import Engine
import Instruments
import Reports
import Steps
import Testing

@Suite struct `Catalogues` {
  @Test func `list every folder of a step kind, and nothing else`() {
    let folders = SourceTree.folders(in: "Sources/Steps").filter { $0 != "Shared" }
    let declared = folders.map { folder in
      SourceTree.swiftFiles(under: "Sources/Steps/\(folder)").flatMap { file in
        file.lines.compactMap { $0.firstMatch(of: /^public enum (\w+): StepKind\b/).map { String($0.1) } }
      }
    }
    for (folder, kinds) in zip(folders, declared) {
      #expect(kinds.count == 1, "Steps/\(folder) declares \(kinds)")
    }
    #expect(declared.flatMap { $0 }.sorted() == StepCatalog.kinds.map { "\($0)" }.sorted())
    #expect(Set(StepCatalog.kinds.map { $0.id }).count == StepCatalog.kinds.count)
  }

  @Test func `list every folder of an instrument, and nothing else`() {
    let models = SourceTree.folders(in: "Sources/Instruments").flatMap { maker in
      SourceTree.folders(in: "Sources/Instruments/\(maker)").map { "\(maker)/\($0)" }
    }
    #expect(models.count == InstrumentCatalog.entries.count)
    let catalogue = SourceTree.file("Sources/Instruments/Catalog.swift").text
    for model in models {
      let name = String(model.split(separator: "/")[1])
      #expect(catalogue.contains("\(name).entry"), "\(model) is not in the catalogue")
      let files = SourceTree.paths(under: "Sources/Instruments/\(model)")
      #expect(files.contains { $0.hasSuffix("/\(name).swift") }, "\(model) has no driver of that name")
    }
    for entry in InstrumentCatalog.entries where entry.makeTwin != nil {
      #expect(!entry.transcripts.isEmpty, "\(entry.id) has no transcripts")
    }
    #expect(Set(InstrumentCatalog.entries.map(\.id)).count == InstrumentCatalog.entries.count)
  }

  @Test func `list every report format`() {
    // The terminal shows a run while it lasts, and the conformance matrix is of no run.
    let folders = SourceTree.folders(in: "Sources/Reports").filter { !["Coverage", "Terminal"].contains($0) }
    #expect(folders.map { $0.lowercased() }.sorted() == ReportCatalog.formats.map { $0.name }.sorted())
  }
}
