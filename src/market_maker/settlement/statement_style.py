"""Style of a statement: the colours and type of the replay report, on screen and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #16202c; --soft: #5b6876; --edge: #dde2e8;
  --grid: #e8ebef; --late: #b4500b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #18202a; --text: #e6ebf1; --soft: #9aa7b5; --edge: #2b3643;
    --grid: #24303c; --late: #f59a52;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1440px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 8px; }
p { margin: 6px 0 12px; max-width: 82ch; }
section {
  background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
  padding: 18px 20px; margin: 16px 0;
}
.tiles { display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.tiles > div {
  background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 12px 14px;
}
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 2px 0 0; font-size: 21px; font-weight: 600; overflow-wrap: anywhere; }
.tiles small { display: block; font-size: 12px; font-weight: 400; color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
.wide table { font-size: 12px; white-space: nowrap; }
th, td {
  text-align: right; padding: 4px 0 4px 14px; border-bottom: 1px solid var(--grid);
  vertical-align: top;
}
th { font-weight: 500; color: var(--soft); }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
.wide td:nth-child(-n+3), .wide th:nth-child(-n+3),
.wide td:last-child, .wide th:last-child,
.facts td, #arithmetic td:nth-child(2), #arithmetic th:nth-child(2) { text-align: left; }
.facts td:first-child { color: var(--soft); width: 16em; }
.facts td:last-child { overflow-wrap: anywhere; }
tr.late td { color: var(--late); }
tr.amount td { font-weight: 700; border-top: 2px solid var(--text); border-bottom: 0; }
tr.amount td:last-child { font-size: 18px; }
footer { color: var(--soft); font-size: 13px; margin-top: 20px; overflow-wrap: anywhere; }
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --text: #000000; --soft: #444444; --edge: #cccccc;
    --grid: #e6e6e6; --late: #b4500b;
  }
  body { font-size: 12px; }
  main { max-width: none; padding: 0; }
  .wide { overflow: visible; }
  .wide table { font-size: 8px; white-space: normal; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}
"""
