import Foundation
import Testing

/// `--answers FILE` of the built program.
@Suite struct AnswersFileTests {
  /// A warranty case on the simulated rig, with a file whose text a test may change.
  private struct WarrantyDesk {
    let folder: URL
    static let good = """
      answers: case-17
      person: M. Weber
      date: "2026-11-20"
      station: warranty desk
      all-units:
        carton-photos: carton-1.jpg, carton-2.jpg
        received-photos: board-1.jpg
        handled-with-care: yes
        seal-intact: no
        undamaged: yes
        storage-coldest: 5 °C
        storage-warmest: 30 °C
        storage-humidity: 60 %RH
        esd-checked: yes
        exclusion-use: no
        exclusion-use-evidence: settings as delivered
        exclusion-foreign-parts: no
        exclusion-foreign-parts-evidence: released firmware
        exclusion-opened: no
        exclusion-opened-evidence: seal broken by our own repair of 2026-05
        exclusion-outside-specification: no
        exclusion-outside-specification-evidence: 24 cells LFP
        exclusion-transport: no
        exclusion-transport-evidence: carton dry
        exclusion-other: no
        exclusion-other-evidence: nothing known
        remedy: repair
        repair-days: 20
        cause: open until the tests
        cause-evidence: nothing tested yet
        contact: after-sales of the vendor
        location-asked: yes
        count-asked: yes
      units:
        U7:
          symptom: does not charge
          invoice-name: Jinwei Power Technology
          label-model: EK-B24S8E300A
          label-serial: U7
          warranty-shipment: 2026-01-10
          warranty-vendor-installation: none
          warranty-first-use: 2026-01-20
          warranty-claim: 2026-11-01

      """

    init(_ change: (String) -> String = { $0 }) throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-answers-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try change(Self.good).write(
        to: folder.appending(path: "answers.yaml"), atomically: true, encoding: .utf8)
    }

    func run(unit: String = "U7", rig: String = "simulated", _ more: [String] = []) throws -> Program.End {
      defer { try? FileManager.default.removeItem(at: folder) }
      return try Program.run(
        [
          "run", Scenario.root + "/Procedures/warranty-admission.yaml", "--rig",
          "\(Scenario.root)/Rigs/\(rig).yaml", "--unit", unit, "--answers",
          folder.appending(path: "answers.yaml").path, "--store", folder.appending(path: "store").path,
        ] + more)
    }
  }

  @Test(arguments: ["simulated", "desk"])
  func `a complete file runs without anybody`(rig: String) throws {
    let end = try WarrantyDesk().run(rig: rig, ["--json"])
    #expect(end.code == 0, "\(end.output.suffix(1500)) \(end.errors)")
    #expect(end.errors.isEmpty)
    #expect(end.output.contains(#""prompt":"symptom""#) && end.output.contains(#""person":"M. Weber""#))
    #expect(end.output.contains("answers file case-17, warranty desk"))
  }

  @Test func `an exclusion with evidence fails at its own requirement`() throws {
    let end = try WarrantyDesk { $0.replacing("exclusion-opened: no", with: "exclusion-opened: yes") }.run()
    #expect(end.code == 1)
    #expect(end.output.contains("SPEC-WAR-13"), "\(end.output)")
    #expect(!end.output.contains("SPEC-WAR-12"))
  }

  @Test func `an exclusion without evidence decides nothing`() throws {
    let end = try WarrantyDesk {
      $0.replacing("exclusion-opened: no", with: "exclusion-opened: yes").replacing(
        "exclusion-opened-evidence: seal broken by our own repair of 2026-05",
        with: "exclusion-opened-evidence: \"-\"")
    }.run()
    #expect(end.code == 5, "\(end.output)")
  }

  @Test func `missing answers are named and make the run inconclusive`() throws {
    let end = try WarrantyDesk { $0.replacing("  repair-days: 20\n", with: "") }.run()
    #expect(end.code == 5, "\(end.output)")
    #expect(end.errors.contains("no answer for U7 to repair-days"), "\(end.errors)")
    #expect(end.output.contains("says nothing about 'repair-days'"), "\(end.output)")
  }

  @Test func `a claim after the end is refused, one in doubt is left to a person`() throws {
    let late = try WarrantyDesk { $0.replacing("claim: 2026-11-01", with: "claim: 2027-01-10") }.run()
    #expect(late.code == 1 && late.output.contains("SPEC-WAR-01"), "\(late.output)")
    let doubt = try WarrantyDesk {
      $0.replacing("claim: 2026-11-01", with: "claim: 2027-01-10")
        .replacing("first-use: 2026-01-20", with: "first-use: unknown")
    }.run()
    #expect(doubt.code == 5 && doubt.output.contains("a person decides"), "\(doubt.output)")
  }

  @Test(arguments: [
    ("  repair-days: 20\n", "  repair-dais: 20\n", "asks no 'repair-dais' (did you mean 'repair-days'?)"),
    ("storage-coldest: 5 °C", "storage-coldest: 5 V", "'5 V' is a voltage, expected a temperature"),
    ("repair-days: 20", "repair-days: soon", "'soon' is not a whole number"),
    ("remedy: repair", "remedy: refund", "'refund' is not among the choices"),
    ("claim: 2026-11-01", "claim: 2026-11-31", "'2026-11-31' is no calendar date"),
    ("person: M. Weber\n", "", "key 'person' is missing"),
  ])
  func `a wrong file is refused before anything is opened`(old: String, new: String, words: String) throws {
    let end = try WarrantyDesk { $0.replacing(old, with: new) }.run()
    #expect(end.code == 2)
    #expect(end.errors.contains(words), "\(end.errors)")
  }
}
