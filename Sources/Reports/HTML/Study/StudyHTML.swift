import Model

/// The escape and overkill report: one page without anything from outside, for the screen and for A4 paper.
public enum StudyHTML {
  public static func render(_ report: StudyReport) -> [UInt8] {
    let page = fragment {
      Markup.trusted("<!DOCTYPE html>\n")
      element("html", ["lang": "en"]) {
        head(report)
        element("body") {
          Marks.definitions
          element("div", class: "page") {
            StudyBanner(report: report).markup
            if let matrix = report.matrix { DefectSections(report: report, matrix: matrix).markup }
            for figures in report.populations {
              PopulationSection(figures: figures, procedure: report.procedures[figures.procedure]).markup
            }
            StudyTraceability(report: report).markup
          }
        }
      }
    }
    return Array(page.html.utf8)
  }

  private static func head(_ report: StudyReport) -> Markup {
    let names = report.procedures.map(\.name).reduce(into: [String]()) { list, name in
      if !list.contains(name) { list.append(name) }
    }.joined(separator: ", ")
    return element("head") {
      element("meta", ["charset": "utf-8"])
      element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
      element("meta", ["name": "robots", "content": "noindex"])
      // Even if something slipped through the escaping, the page may load and run nothing.
      element(
        "meta",
        ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
      element("title") { "Escapes and overkill · \(names)" }
      element("style") {
        Markup.trusted(Stylesheet.text)
        Markup.trusted(StudyStylesheet.text)
        Markup.trusted(Stylesheet.pageMargins(left: "Escapes and overkill · \(names)"))
      }
    }
  }
}

/// What the page adds to the look of a run's report.
enum StudyStylesheet {
  static let text = """
    .study .word{font-size:44px}.about .chip{font-size:12px;line-height:18px}
    .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:18px 0 4px}
    .figure{border:1px solid var(--line);border-top:5px solid var(--abort);padding:8px 12px 10px}
    .figure b{display:block;font-size:26px;line-height:1.2}.figure.pass{border-top-color:var(--pass)}
    .figure.fail{border-top-color:var(--fail);background:var(--fail-wash)}
    .figure.inconclusive,.figure.notMeasured{border-top-color:var(--maybe)}
    .figure.error{border-top-color:var(--error);background:var(--error-wash)}
    .matrix td{vertical-align:top}.matrix td.subject{width:34%}.matrix .title{font-weight:600}
    .matrix .breaks{width:17%}.matrix td.cell{white-space:normal;padding:5px 8px}
    .matrix td.cell b{white-space:nowrap}.matrix tr.group th{padding-top:16px;font-size:12px;color:var(--ink);\
    text-transform:none;letter-spacing:0;border-bottom:2px solid var(--line)}
    .matrix th.part{vertical-align:bottom;padding:4px 2px;width:26px}\
    .matrix th.part span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;font-weight:500}
    .matrix td.part{text-align:center;padding:5px 2px}.matrix tbody tr{break-inside:avoid}
    td.cell.pass{background:#eef8f1}td.cell.inconclusive,td.cell.notMeasured{background:var(--maybe-wash)}
    td.cell.fail{background:var(--fail-wash)}td.cell.fail b{color:var(--fail)}
    td.cell.error{background:var(--error-wash)}td.cell.error b{color:var(--error)}
    td.cell.notApplicable{background:var(--wash)}
    .legend{columns:2;column-gap:32px;list-style:none;padding:0;font-size:12.5px}
    .legend li{padding:2px 0;break-inside:avoid}
    .command{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:11px;\
    color:var(--muted);overflow-wrap:anywhere;display:block}
    .margins td{vertical-align:middle}.margins th:nth-child(3),.margins th:nth-child(n+5),\
    .capability th:nth-child(n+5){text-align:right}.number,th.number{text-align:right;white-space:nowrap}
    svg.margin{display:block;width:220px;max-width:100%;height:auto}.bar{fill:#3f7d5c}.bar.near{fill:var(--maybe)}
    .bar.out{fill:var(--fail)}tr.near td{background:var(--maybe-wash)}tr.out td{background:var(--fail-wash)}
    @media print{.study .word{font-size:30pt}
    .figures{grid-template-columns:repeat(5,1fr);gap:8px}.figure b{font-size:17pt}
    .matrix th.part{width:5mm}.matrix th.part span{font-size:6.6pt}
    .command{font-size:6.6pt}svg.margin{width:120px}.legend{font-size:8pt}}

    """
}
