/** The page's style: light, or dark where the reader's system is. */
export const STYLE: string = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #667; --line: #ccd; --back: #fff; --ours: #0a6ebd;
  --peer: #a9afba; --good: #1a7f37; --bad: #c4271b }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e6ea; --quiet: #9aa3b0; --line: #3a414c; --back: #14171b;
  --ours: #4aa8f0; --peer: #6b7380; --good: #4cc46c; --bad: #ff7a6e } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--back) }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin: 2.5rem 0 0 } h3 { font-size: 1rem; margin: 1.5rem 0 .3rem }
h2, h3 { border-top: 1px solid var(--line); padding-top: .6rem }
code { font: .92em ui-monospace, monospace }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .1rem .9rem .1rem 0; font-weight: normal; vertical-align: middle }
thead th, .metric, small { color: var(--quiet) } .metric { padding-top: .4rem }
b { font-weight: 600 } a { color: var(--ours) }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; overflow-x: auto }
svg { display: block }
circle { fill: var(--ours); fill-opacity: .45 } text { fill: var(--quiet); font-size: 11px; text-anchor: middle }
.one { stroke: var(--line); stroke-width: 1.5 } .median { stroke: var(--ours); stroke-width: 3 }
.limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 3 2 }
.ours { fill: var(--ours) } .peer { fill: var(--peer) } .spread { stroke: var(--ink); stroke-width: 1.5 }
.met { color: var(--good) } .missed, .failed { color: var(--bad) }
`.trim();
