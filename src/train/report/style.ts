/** @file The report's look: one column of cards, in the reader's light or dark. */

export const STYLE = `
:root{--bg:#fbfaf8;--card:#fff;--ink:#22201d;--dim:#77716a;--line:#e7e2da;--t1:#3563c9;--t2:#c4552d;--t3:#2f8f6b;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#16171a;--card:#1f2125;--ink:#e8e6e1;--dim:#96928b;--line:#33363c;--t1:#7aa2ff;--t2:#ff9b73;--t3:#66cfa4}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0}h2{font-size:16px;margin:34px 0 10px}
p.sub{color:var(--dim);margin:2px 0 20px}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(max(150px,22%),1fr));gap:12px}
.numbers div,figure,blockquote,table{background:var(--card);border:1px solid var(--line);border-radius:10px}
.numbers div{padding:12px 14px}.numbers b{display:block;font-size:21px;font-variant-numeric:tabular-nums}.numbers span{color:var(--dim);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}
figure{margin:0;padding:12px 14px 6px}figcaption{font-weight:600}figcaption small{color:var(--dim);font-weight:400}
@media (min-width:960px){.charts:has(figure:nth-child(5):last-child){grid-template-columns:repeat(6,1fr)}.charts:has(figure:nth-child(5):last-child) figure{grid-column:span 2}.charts:has(figure:nth-child(5):last-child) figure:nth-child(-n+2){grid-column:span 3}}
svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:11px}svg .grid{stroke:var(--line)}
polyline{fill:none;stroke-width:1.8;stroke-linejoin:round}polyline.faint{opacity:.28;stroke-width:1}
polyline.tone1{stroke:var(--t1)}polyline.tone2{stroke:var(--t2)}polyline.tone3{stroke:var(--t3)}
circle.tone1{fill:var(--t1)}circle.tone2{fill:var(--t2)}circle.tone3{fill:var(--t3)}
.key{float:right;font-weight:400;font-size:13px;margin-left:12px;font-variant-numeric:tabular-nums}.key.tone1{color:var(--t1)}.key.tone2{color:var(--t2)}.key.tone3{color:var(--t3)}
blockquote{margin:0 0 10px;padding:12px 16px;white-space:pre-wrap;font-family:Georgia,serif}blockquote small{display:block;color:var(--dim);font-family:system-ui,sans-serif}
table{border-collapse:separate;border-spacing:0;width:100%;padding:6px 14px;font-size:14px}td{padding:3px 0;vertical-align:top;overflow-wrap:anywhere}td:first-child{color:var(--dim);width:34%}
details{margin-top:14px}summary{cursor:pointer;color:var(--dim)}
`;
