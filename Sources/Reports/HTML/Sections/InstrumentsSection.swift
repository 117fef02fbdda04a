import Model

/// What measured: identity as the rig file says, as the instrument says, and its calibration.
struct InstrumentsSection {
  let reading: RecordReading

  var markup: Markup {
    let header = reading.record.header
    return fragment {
      if !header.instruments.isEmpty {
        section("Instruments", id: "instruments") {
          table(["Name", "Maker and model", "Serial", "Firmware", "Calibration", "Due"], class: "plain") {
            for instrument in header.instruments { row(instrument) }
          }
        }
      }
      unit
    }
  }

  private func row(_ instrument: RigInstrument) -> Markup {
    let said = reading.record.instruments.last { $0.name == instrument.name }
    // ISO dates compare as texts.
    let today = String(reading.record.header.startedAt.prefix(10))
    let expired = instrument.calibration.map { $0.due < today } ?? false
    return element("tr", class: expired ? "changed" : "") {
      element("td") {
        element("b") { instrument.name }
        if instrument.address.hasPrefix("sim://") { chip("simulated", class: "project") }
      }
      element("td") {
        said.map { "\($0.maker) \($0.model)" } ?? "\(instrument.driver), did not identify itself"
      }
      element("td", class: "code") {
        instrument.serial
        if let said, !said.serial.isEmpty, said.serial != instrument.serial {
          element("span", class: "small excess") { "says \(said.serial)" }
        }
      }
      element("td") { said?.firmware ?? "" }
      element("td") { instrument.calibration.map { "\($0.certificate), \($0.date)" } ?? "not needed" }
      element("td") { instrument.calibration.map { $0.due + (expired ? " EXPIRED" : "") } ?? "" }
    }
  }

  @MarkupBuilder
  private var unit: Markup {
    if let unit = reading.record.unit {
      let header = reading.record.header
      section("What the unit says it is", id: "identity") {
        facts([
          ("Model", unit.model), ("Hardware", unit.hardware), ("Software", unit.software),
          ("Protocol", unit.protocolVersion), ("Produced", unit.productionDate), ("Device id", unit.deviceID),
          ("Name", unit.name), ("Powered on", Words.count(unit.powerOnCount, "time", "times")),
          ("Running for", Words.duration(Double(unit.runtimeSeconds))),
        ])
        if unit.model != header.model {
          element("p", class: "lead") { "The order names \(header.model); the unit answers \(unit.model)." }
        }
      }
    }
  }
}

/// Names and values in columns.
func facts(_ pairs: [(String, String)], class style: String = "facts plainfacts") -> Markup {
  element("dl", class: style) {
    for (name, text) in pairs {
      element("div") {
        element("dt") { name }
        element("dd") { text.isEmpty ? "–" : text }
      }
    }
  }
}
