/// HTML or SVG text that is known to be well formed: only `element` makes tags, every other text is escaped.
struct Markup: Sendable {
  private(set) var html: String

  private init(html: String) { self.html = html }

  static let empty = Markup(html: "")

  /// Plain text, escaped.
  init(_ text: String) { html = Self.escaped(VisibleText.of(text)) }

  /// Text that is markup already: our own style sheet and symbols, never anything from a record.
  static func trusted(_ text: String) -> Markup { Markup(html: text) }

  static func joined(_ parts: [Markup]) -> Markup {
    var html = ""
    for part in parts { html += part.html }
    return Markup(html: html)
  }

  fileprivate static func element(_ name: String, attributes: [(String, String)], content: Markup) -> Markup {
    var html = "<\(name)"
    for (key, value) in attributes { html += " \(key)=\"\(escaped(VisibleText.of(value)))\"" }
    html += ">"
    if voids.contains(name) { return Markup(html: html) }
    // A line per block keeps the file readable and its differences small.
    let isBlock = blocks.contains(name)
    return Markup(html: html + content.html + "</\(name)>" + (isBlock ? "\n" : ""))
  }

  private static let voids = ["meta", "br", "col", "hr"]
  private static let blocks = [
    "div", "section", "header", "table", "thead", "tbody", "tr", "h1", "h2", "h3", "p", "ul", "li", "svg",
    "dl",
    "figure", "style", "head", "body", "title",
  ]

  private static func escaped(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

/// Lets markup be written as a tree; a text in it is escaped.
@resultBuilder
enum MarkupBuilder {
  static func buildExpression(_ text: String) -> Markup { Markup(text) }
  static func buildExpression(_ markup: Markup) -> Markup { markup }
  static func buildExpression(_ markup: [Markup]) -> Markup { .joined(markup) }
  static func buildBlock(_ parts: Markup...) -> Markup { .joined(parts) }
  static func buildOptional(_ part: Markup?) -> Markup { part ?? .empty }
  static func buildEither(first part: Markup) -> Markup { part }
  static func buildEither(second part: Markup) -> Markup { part }
  static func buildArray(_ parts: [Markup]) -> Markup { .joined(parts) }
}

func element(
  _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
  @MarkupBuilder _ content: () -> Markup = { .empty }
) -> Markup {
  .element(name, attributes: attributes.map { ($0.key, $0.value) }, content: content())
}

/// The common case: an element with a class.
func element(_ name: String, class style: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
  .element(name, attributes: [("class", style)], content: content())
}

func fragment(@MarkupBuilder _ content: () -> Markup) -> Markup { content() }
