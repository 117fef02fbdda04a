import Documents
import Model
import Quantities
import Testing

@Suite struct JSONSchemaTests {
  static let declarations: [FieldDeclaration] = [
    .init("level", .quantity(.voltage, range: 1.5...4.5), doc: "Stimulus."),
    .init("cells", .list(of: .integer(range: 1...24)), default: "1, 24", doc: "Cells."),
    .init("mode", .choice(["bracket", "ramp"]), default: "bracket", doc: "How."),
    .init("probe", .flag, required: false, doc: "Probe the path."),
    .init("write", .map(.quantity(.ratio)), required: false, doc: "Settings."),
  ]

  @Test func `a declaration becomes a schema that says the same`() {
    #expect(
      JSONSchema.object(Array(Self.declarations[1...3])).serialized(pretty: false)
        == """
        {"type":"object","properties":{"cells":{"type":"array","items":{"type":"integer","minimum":1,\
        "maximum":24},"description":"Cells.","default":"1, 24"},"mode":{"enum":["bracket","ramp"],\
        "description":"How.","default":"bracket"},"probe":{"enum":[true,false,"yes","no"],\
        "description":"Probe the path."}},"required":[],"additionalProperties":false}
        """)
    #expect(JSONSchema.object(Self.declarations)["required"] == ["level"])
  }

  @Test(arguments: [
    ("3.65 V", true), ("5mV", true), ("-1e-3 V", true), ("−2 µV", true), ("5", false), ("5 A", false),
    ("V", false), ("1.2.3 V", false),
  ])
  func `the pattern of a quantity agrees with what is read`(text: String, good: Bool) throws {
    let shape = JSONSchema.value(.quantity(.voltage))
    let pattern = try Regex(try #require(shape["pattern"]?.stringValue))
    #expect((try pattern.wholeMatch(in: text) != nil) == good)
    #expect(((try? AnyQuantity(parsing: text, as: .voltage)) != nil) == good)
  }

  @Test func `every dimension has a pattern that reads its own example`() throws {
    for dimension in Dimension.allCases {
      let shape = JSONSchema.value(.quantity(dimension))
      let pattern = try Regex(try #require(shape["pattern"]?.stringValue))
      let example = AnyQuantity(1, dimension).formatted()
      #expect(try pattern.wholeMatch(in: example) != nil, "\(dimension): \(example)")
    }
  }

  @Test func `a procedure schema knows the keys of each kind of step`() throws {
    let schema = JSONSchema.procedure(steps: [
      (kind: "accuracy", doc: "Accuracy.", declarations: [Self.declarations[0]]),
      (kind: "restore", doc: "Restore.", declarations: []),
    ])
    #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    let steps = try #require(schema["$defs"]?["step"]?["oneOf"]?.arrayValue)
    #expect(steps.map { $0["properties"]?["step"]?["const"] } == ["accuracy", "restore"])
    #expect(steps[0]["required"] == ["step", "id", "title", "level"])
    #expect(steps[0]["properties"]?["level"]?["description"] == "Stimulus. (1.5 V … 4.5 V)")
    // A phase, or the file it stands in.
    let phases = try #require(schema["$defs"]?["phase"]?["oneOf"]?.arrayValue)
    #expect(phases.first?["properties"]?["steps"]?["minItems"] == 1)
    #expect(phases.last?["required"] == ["include"])
  }

  @Test func `the schema of a rig is JSON and lists its keys`() throws {
    let schema = JSONSchema.document(title: "Rig", RigFields.rig)
    #expect(try OrderedJSON(parsing: schema.serialized(pretty: true)) == schema)
    #expect(
      schema["required"] == [
        "rig", "title", "revision", "instruments", "roles", "wiring", "envelope", "safe-state", "unit-link",
      ])
  }
}
