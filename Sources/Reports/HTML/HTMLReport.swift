import Model

/// The report people read: one file without anything from outside, for the screen and for A4 paper.
public struct HTMLReport: ReportFormat {
  public static let name = "html"
  public static let fileExtension = "html"
  public static let summary = "one self-contained page to read, print and archive"

  public init() {}

  public func render(record: RunRecord, context: ReportContext) -> [UInt8] {
    let reading = RecordReading(record)
    let page = fragment {
      Markup.trusted("<!DOCTYPE html>\n")
      element("html", ["lang": "en"]) {
        head(record)
        element("body") {
          Marks.definitions
          element("div", class: "page") {
            BannerSection(reading: reading).markup
            OverviewSection(reading: reading).markup
            ProblemsSection(reading: reading).markup
            CurvesSection(reading: reading).markup
            RequirementsSection(reading: reading, context: context).markup
            MeasurementsSection(reading: reading).markup
            AnswersSection(reading: reading).markup
            SettingsSection(reading: reading).markup
            InstrumentsSection(reading: reading).markup
            FencesSection(reading: reading).markup
            DecisionSection(reading: reading).markup
            TraceabilitySection(reading: reading, context: context).markup
          }
        }
      }
    }
    return Array(page.html.utf8)
  }

  private func head(_ record: RunRecord) -> Markup {
    let header = record.header
    return element("head") {
      element("meta", ["charset": "utf-8"])
      element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
      element("meta", ["name": "robots", "content": "noindex"])
      // Even if something slipped through the escaping, the page may load and run nothing.
      element(
        "meta",
        ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
      element("title") { "\(header.unit) · \(Words.verdict(record.verdict)) · \(header.run)" }
      element("style") {
        Markup.trusted(Stylesheet.text)
        Markup.trusted(Stylesheet.pageMargins(left: "\(header.unit) · run \(header.run)"))
      }
    }
  }
}

/// A headed part of the page.
func section(_ title: String, id: String, class style: String = "", @MarkupBuilder _ content: () -> Markup)
  -> Markup
{
  element("section", ["id": id, "class": style]) {
    element("h2") { title }
    content()
  }
}

/// A table whose head is repeated on every printed page.
func table(_ columns: [String], class style: String = "", @MarkupBuilder rows: () -> Markup) -> Markup {
  element("table", ["class": style]) {
    element("thead") { element("tr") { columns.map { name in element("th", ["scope": "col"]) { name } } } }
    element("tbody") { rows() }
  }
}

func chip(_ text: String, class style: String = "") -> Markup {
  element("span", class: "chip \(style)") { text }
}
