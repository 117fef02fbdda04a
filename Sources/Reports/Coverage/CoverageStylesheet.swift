/// What the matrix adds to the look of the reports.
enum CoverageStylesheet {
  static let text = """

    .page.wide{max-width:1360px}
    .figures{width:auto}.figures td{vertical-align:middle}.figures .number{text-align:right;padding-right:22px}
    .figures th:nth-child(n+2):nth-child(-n+6){text-align:right;padding-right:22px}
    svg.share{display:block;width:260px;height:12px}
    .share-verified{fill:#3d9a67}.share-reason{fill:#e0b34a}.share-gap{fill:var(--fail)}
    .open{color:var(--fail);font-weight:700}
    .matrix{table-layout:fixed}.matrix th:first-child{width:200px}
    .matrix td.cell{border-left:3px solid transparent;padding-left:8px;font-size:11.5px;line-height:1.35}
    .matrix td.verified{border-left-color:#3d9a67}.matrix td.extra{border-left-color:var(--line)}
    .matrix td.extra{color:var(--muted)}
    .matrix td.reason{border-left-color:#e0b34a;background:var(--maybe-wash)}
    .matrix td.gap{border-left-color:var(--fail);background:var(--fail-wash);color:var(--fail)}
    .matrix .procedure{display:block;color:var(--muted);font-size:10.5px}.matrix .u{white-space:normal}
    .matrix .by b{font-weight:600}.why-not{font-style:italic}
    .matrix .chip{margin-left:4px;padding:0 5px;font-size:9.5px;line-height:14px}
    @media print{.page.wide{max-width:none}.matrix td.cell{font-size:7pt}.matrix th:first-child{width:130px}}

    """
}
