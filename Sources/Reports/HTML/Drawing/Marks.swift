import Model

/// Signs that differ in shape, so that a report printed in black and white says the same.
enum Marks {
  /// Symbols used by reference, once per page.
  static let definitions = Markup.trusted(
    """
    <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
    <pattern id="guard" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
    <rect width="4" height="4" fill="#fbe7b2"/><rect width="1.4" height="4" fill="#b7791f"/></pattern>
    <symbol id="m-pass" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="var(--pass)"/>\
    <path d="M4.3 8.3l2.6 2.6 4.9-5.4" fill="none" stroke="#fff" stroke-width="2"/></symbol>
    <symbol id="m-fail" viewBox="0 0 16 16"><path d="M4.9 .5h6.2l4.4 4.4v6.2l-4.4 4.4H4.9L.5 11.1V4.9z" \
    fill="var(--fail)"/><path d="M5 5l6 6M11 5l-6 6" stroke="#fff" stroke-width="2.2"/></symbol>
    <symbol id="m-inconclusive" viewBox="0 0 16 16"><path d="M8 0l8 8-8 8-8-8z" fill="var(--maybe)"/>\
    <path d="M4.4 8.9c1.3-2.2 2.5-2.2 3.6-.9s2.3 1.3 3.6-.9" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
    <symbol id="m-notMeasured" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.6" fill="#fff" stroke="var(--fail)" \
    stroke-width="1.8" stroke-dasharray="2.6 2"/><path d="M5 8h6" stroke="var(--fail)" stroke-width="2"/></symbol>
    <symbol id="m-notApplicable" viewBox="0 0 16 16"><path d="M3 8h10" stroke="var(--muted)" stroke-width="2"/></symbol>
    <symbol id="m-information" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="#fff" stroke="var(--muted)" \
    stroke-width="1.6"/><circle cx="8" cy="8" r="2.2" fill="var(--muted)"/></symbol>
    <symbol id="m-error" viewBox="0 0 16 16"><path d="M8 .6l7.8 14.4H.2z" fill="var(--error)"/>\
    <path d="M8 5.2v5M8 11.6v2" stroke="#fff" stroke-width="2"/></symbol>
    <symbol id="m-aborted" viewBox="0 0 16 16"><rect x="1" y="1" width="14" height="14" rx="2" fill="var(--abort)"/>\
    <rect x="5" y="5" width="6" height="6" fill="#fff"/></symbol>
    <symbol id="m-unfinished" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.6" fill="#fff" stroke="var(--abort)" \
    stroke-width="1.8"/><path d="M8 1.4a6.6 6.6 0 0 1 0 13.2z" fill="var(--abort)"/></symbol>
    </defs></svg>

    """)

  static func sign(_ name: String, title: String, class style: String = "mark") -> Markup {
    element("svg", ["class": style, "role": "img", "aria-label": title]) {
      element("title") { title }
      element("use", ["href": "#m-\(name)"])
    }
  }

  static func of(_ outcome: Outcome) -> Markup { sign(outcome.rawValue, title: Words.outcome(outcome)) }
  static func of(_ state: StepState) -> Markup { sign(state.rawValue, title: state.word) }
}
