/// How the page looks, on a screen and on A4.
enum Stylesheet {
  /// Running texts in the margins of printed pages. `left` comes from a record, so it is written in escapes only.
  static func pageMargins(left: String) -> String {
    let escaped = VisibleText.of(left).unicodeScalars.map { "\\" + String($0.value, radix: 16) + " " }
      .joined()
    return """
      @page{@bottom-left{content:"\(escaped)"}@bottom-right{content:"page " counter(page) " of " counter(pages)}}

      """
  }

  static let text = base + banner + tables + drawings + print

  private static let base = """

    :root{--ink:#1a2027;--muted:#5c6773;--line:#d8dee5;--wash:#f4f6f8;--pass:#157347;--pass-wash:#dff2e6;\
    --fail:#bb2018;--fail-wash:#fdebe9;--maybe:#9a6400;--maybe-wash:#fdf3d7;--error:#5f35b5;--error-wash:#efe9fb;\
    --abort:#46535f;--abort-wash:#e9edf1}
    *{box-sizing:border-box}
    html{-webkit-print-color-adjust:exact;print-color-adjust:exact}
    body{margin:0;background:#e9edf1;color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Helvetica Neue","Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
    .page{max-width:1120px;margin:24px auto;background:#fff;box-shadow:0 1px 8px #0002;padding:0 40px 48px}
    h2{font-size:19px;line-height:1.25;margin:38px 0 12px;padding-bottom:6px;border-bottom:2px solid var(--ink)}
    h3{font-size:14.5px;margin:24px 0 8px;display:flex;gap:8px;align-items:center;flex-wrap:wrap}
    h3 .muted{font-weight:400;font-size:12.5px}
    p{margin:8px 0}.lead{color:var(--muted);max-width:86ch}.lead b{color:var(--ink)}
    .muted{color:var(--muted)}.mark{width:15px;height:15px;flex:none;vertical-align:-2.5px;margin-right:5px}
    .code{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:.86em;\
    overflow-wrap:anywhere}
    .small{display:block;color:var(--muted);font-size:11px;line-height:1.3;font-weight:400}
    .chip{display:inline-block;border:1px solid var(--line);border-radius:9px;padding:0 7px;font-size:10.5px;\
    line-height:16px;margin-left:6px;white-space:nowrap;color:var(--ink);background:#fff}
    .chip.project{border:1px dashed var(--maybe);color:var(--maybe)}

    """

  private static let banner = """
    .banner{margin:0 -40px;padding:0 40px 20px;border-bottom:1px solid var(--line)}
    .alarm{margin:0 -40px;padding:15px 35px 14px;color:#fff;background:#c40d0d;border:5px solid #ffd500;font-size:16px}
    .alarm p{margin:6px 0 0;overflow-wrap:anywhere}.alarm-word{font-size:30px;line-height:1.15;font-weight:800}
    .verdict{display:flex;align-items:center;gap:22px;margin:0 -40px;padding:26px 40px;color:#fff;\
    background:var(--abort)}
    .pass .verdict{background:var(--pass)}.fail .verdict{background:var(--fail)}
    .inconclusive .verdict{background:var(--maybe)}.error .verdict{background:var(--error)}
    .seal{width:84px;height:84px;flex:none;filter:drop-shadow(0 0 0 #fff);background:#fff;border-radius:12px;padding:9px}
    .word{font-size:58px;line-height:1;font-weight:800;letter-spacing:.01em}
    .about{font-size:16px;margin-top:6px;opacity:.95}
    .unit{margin-left:auto;text-align:right;min-width:0;font-size:14px}
    .serial{font-size:28px;font-weight:700;line-height:1.15;overflow-wrap:anywhere}
    .simulated{display:inline-block;margin-top:6px;padding:1px 9px;border:1.5px dashed #fff;border-radius:4px;\
    font-weight:700;font-size:12px;letter-spacing:.04em}
    .why{padding:16px 0 6px;font-size:15.5px}.why p{margin:5px 0}.sentence:first-child{font-size:17px;font-weight:600}
    .culprits{list-style:none;margin:10px 0;padding:0}.culprits li{padding:4px 0 4px 22px;text-indent:-22px}
    .culprits .mark{text-indent:0}.culprits .more{color:var(--muted);text-indent:0}
    .culprits .code{color:var(--muted);white-space:nowrap}
    .left{font-weight:600;color:var(--fail)}
    .safe{display:inline-block;padding:5px 12px 5px 9px;border-radius:6px;font-size:14px}
    .safe.yes{background:var(--pass-wash)}
    .facts{display:grid;grid-template-columns:repeat(3,1fr);gap:10px 28px;margin:14px 0 0}
    .facts div{min-width:0}.facts dt{font-size:11px;text-transform:uppercase;letter-spacing:.05em;color:var(--muted)}
    .facts dd{margin:0;overflow-wrap:anywhere;font-weight:500}
    .tally{display:flex;flex-wrap:wrap;gap:6px 24px;margin:0 0 14px;font-size:14.5px}.tally .none{opacity:.45}
    .strip{display:grid;grid-template-columns:190px 1fr;gap:16px;padding:9px 0;border-top:1px solid var(--line)}
    .phase b,.phase .muted{display:block}.phase .muted{font-size:12px}
    .dots{display:flex;flex-wrap:wrap;gap:6px;align-items:flex-start}
    .dot{display:flex;align-items:center;padding:2px 9px 2px 5px;border:1px solid var(--line);border-radius:12px;\
    font-size:12px;line-height:18px;color:inherit;text-decoration:none;background:#fff;max-width:100%}
    .dot span{overflow:hidden;text-overflow:ellipsis}.dot:hover{border-color:var(--ink)}
    .dot.fail{background:var(--fail-wash);border-color:var(--fail);font-weight:600}
    .dot.error{background:var(--error-wash);border-color:var(--error);font-weight:600}
    .dot.inconclusive,.dot.notMeasured{background:var(--maybe-wash);border-color:var(--maybe)}
    .problem{margin-top:34px;padding:2px 18px 14px;border:1px solid var(--line);border-left:7px solid var(--abort)}
    .problem h2{border:0;margin:12px 0 6px}
    .problem.fail{border-color:var(--fail)}.problem.fail h2{color:var(--fail)}
    .problem.maybe{border-color:var(--maybe);border-left-style:double}.problem.maybe h2{color:var(--maybe)}
    .problem.error{border:2px dashed var(--error);border-left:7px dashed var(--error);background:var(--error-wash)}
    .problem.error h2{color:var(--error)}

    """

  private static let tables = """
    table{width:100%;border-collapse:collapse;font-size:12.5px}
    th{text-align:left;font-size:10.5px;text-transform:uppercase;letter-spacing:.05em;color:var(--muted);\
    font-weight:600;padding:4px 10px 4px 0;border-bottom:1px solid var(--muted)}
    td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
    .problem.error td,.problem.error th{border-color:#cbbdea}
    .measurements{table-layout:fixed}
    .measurements th:nth-child(1){width:24px}.measurements th:nth-child(2){width:19%}
    .measurements th:nth-child(3){width:15.5%}.measurements th:nth-child(4){width:182px}
    .measurements th:nth-child(5){width:14%}.measurements th:nth-child(7){width:12.5%}
    .u{color:var(--muted);font-size:11px;white-space:nowrap}.whole{white-space:nowrap}
    tr.fail td{background:var(--fail-wash)}tr.inconclusive td{background:var(--maybe-wash)}
    tr.notMeasured td{background:var(--maybe-wash)}tr.fail .value b{color:var(--fail)}
    td:first-child{padding-left:5px}td.sign{padding-right:0;width:24px}
    .excess{color:var(--fail);font-weight:600}tr.inconclusive .excess{color:var(--maybe)}
    .requirement .chip{margin-left:0}
    tr.touched td{background:var(--wash)}tr.changed td{background:var(--fail-wash);font-weight:600}
    .settings td:last-child{font-size:11px}
    .frame{font-size:11px;color:var(--muted)}
    .hashes td.code{font-size:10.5px}
    .notes{margin:0 0 8px;padding-left:20px;color:var(--muted);font-size:12.5px}
    .undelivered{color:var(--fail)}.again{padding-left:14px}.problem td.number{white-space:nowrap}
    .unreached{color:var(--muted);font-size:13px;max-width:none}
    .columns{display:grid;grid-template-columns:1fr 440px;gap:32px;align-items:start}
    .words{list-style:none;padding:0;columns:2;column-gap:32px;font-size:13px}.words li{padding:3px 0;break-inside:avoid}

    """

  private static let drawings = """
    figure{margin:14px 0 20px}figcaption{font-size:13px;margin-bottom:2px}
    svg.line{display:block;width:172px;max-width:100%;height:auto}
    svg.cells,svg.trace,svg.rule{display:block;width:100%;height:auto;overflow:visible}
    .track{fill:#e6eaee}.zone{fill:#cfe9d9}.guard{fill:url(#guard)}
    .bound{stroke:#1f5d3f;stroke-width:1.6}.whisker{stroke:#1a2027;stroke-width:1.1}
    .pointer{fill:#1a2027;stroke:#fff;stroke-width:1}
    .pointer.fail{fill:none;stroke:var(--fail);stroke-width:2.8}.pointer.off{stroke-width:2.8}
    .pointer.inconclusive{fill:var(--maybe)}.pointer.information{fill:#fff;stroke:#1a2027;stroke-width:1.5}
    .pointer.off{fill:none;stroke:#1a2027}.pointer.fail.off{stroke:var(--fail)}
    .grid{stroke:#e3e8ed;stroke-width:1}.zero{stroke:#7b8794;stroke-width:1.2}
    .frame-box,.frame{fill:none;stroke:none}rect.frame{stroke:#aab4bf;stroke-width:1}
    text{font-family:inherit;fill:var(--ink)}text.tick,text.axis,text.key{font-size:12px}
    text.tick{fill:var(--muted)}text.axis{fill:var(--muted);font-weight:600}text.tag{font-size:12px;font-weight:700;\
    fill:var(--fail)}
    .series{fill:none;stroke-width:1.9;stroke-linejoin:round}
    .bundle{fill:none;stroke:#8b97a3;stroke-width:.9;stroke-linejoin:round}.leader{stroke:#aab4bf;stroke-width:1}
    .s0{stroke:#0b5cad}.s1{stroke:#c2410c;stroke-dasharray:7 3}.s2{stroke:#15803d;stroke-dasharray:3 2}
    .s3{stroke:#7e22ce;stroke-dasharray:9 3 2 3}.s4{stroke:#0e7490}.s5{stroke:#404a55;stroke-dasharray:4 4}
    .whole{stroke-dasharray:none}

    """

  private static let print = """
    @media screen and (max-width:860px){.page{margin:0;padding:0 16px 32px}.banner,.verdict,.alarm{margin:0 -16px;\
    padding-left:16px;    padding-right:16px}.verdict{flex-wrap:wrap}.unit{margin-left:0;text-align:left}.facts{grid-template-columns:1fr 1fr}\
    .strip,.columns{grid-template-columns:1fr}.words{columns:1}section{overflow-x:auto}}
    @page{size:A4;margin:13mm 13mm 15mm;font:8pt system-ui,"DejaVu Sans",sans-serif;color:#5c6773}
    @media print{body{background:#fff;font-size:9.5pt}.page{max-width:none;margin:0;padding:0;box-shadow:none}
    .banner{margin:0;padding:0 0 10px}.verdict{margin:0;padding:14px 18px;border:3px solid #1a2027;border-radius:4px}
    .alarm{margin:0 0 8px;padding:10px 18px;font-size:10.5pt;break-inside:avoid}.alarm-word{font-size:18pt}
    .word{font-size:40pt}.seal{width:62px;height:62px}.serial{font-size:18pt}.about{font-size:11pt}
    .why{font-size:10.5pt}.sentence:first-child{font-size:11.5pt}.facts{gap:6px 18px}
    h2{font-size:13pt;margin:20px 0 8px;break-after:avoid}h3{font-size:10pt;margin:14px 0 5px;break-after:avoid}
    .lead{break-after:avoid;break-inside:avoid}table{font-size:7.8pt}.small{font-size:6.8pt}.chip{font-size:6.8pt;line-height:12px}
    th{font-size:6.8pt}td{padding:3px 6px 3px 0}thead{display:table-header-group}tr,figure,li,.strip,.safe{break-inside:avoid}
    .measurements th:nth-child(4){width:116px}.measurements th:nth-child(2){width:16%}.measurements th:nth-child(5){width:13.5%}\
    .measurements th:nth-child(7){width:11%}svg.line{width:108px}.u{font-size:6.8pt}.problem.brief{break-inside:avoid}
    .dot{font-size:7.6pt;line-height:14px}.strip{grid-template-columns:110px 1fr;padding:6px 0}.columns{grid-template-columns:1fr 300px}
    .problem{margin-top:18px;padding:0 10px 8px;-webkit-box-decoration-break:clone;box-decoration-break:clone}
    .frame{font-size:6.5pt}.hashes td.code{font-size:6.6pt}a{color:inherit;text-decoration:none}}

    """
}
