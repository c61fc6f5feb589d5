"""The chart: one bar a time, on a logarithmic scale, readable on light and on dark pages."""

import math
from html import escape

from page import AUTHORIZERS, FLOOR, NEW, OURS, SEEN
from targets import Figures
from text import duration

WIDTH, LABELS, RIGHT = 860, 250, 90
BAR, GAP, HEAD = 16, 5, 34
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 } .value { font-size: 12px } .axis { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de } .ours { fill: #0a7f5a } .floor { fill: #8c959f } .peer { fill: #c4703c }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .axis { fill: #9198a1 } .grid { stroke: #3d444d }
  .ours { fill: #2fbf8f } .floor { fill: #7d8590 } .peer { fill: #e0935f }
}
"""


def groups(f: Figures) -> list:
    """The title of each group, and its bars: who, which kind, how long."""
    claims = lambda who: f.users(who, "claims")
    last = lambda who: f.among_many(who, "last rule", "10000")
    return [
        ("Decide, the Users rules, from parsed claims", [
            (OURS, "ours", claims(OURS)), ("nested match", "floor", claims("nested match")),
            ("trie", "floor", claims("trie")), ("regorus", "peer", claims("regorus")),
            ("Cedar", "peer", claims("Cedar")), ("casbin, tuned", "peer", claims("casbin tuned")),
            ("casbin, as documented", "peer", claims("casbin documented")),
        ]),
        ("Decide, the last of 10,000 rules", [
            (OURS, "ours", last(OURS)), ("trie", "floor", last("trie")),
            ("regorus, keyed by hand", "peer", last("regorus, keyed by hand")), ("globset", "peer", last("globset")),
            ("casbin, tuned", "peer", last("casbin tuned")), ("Cedar", "peer", last("Cedar")),
        ]),
        ("Load 10,000 rules", [
            (OURS, "ours", f.load(OURS)), ("trie, from text", "floor", f.load("trie")),
            ("globset", "peer", f.load("globset")), ("Cedar", "peer", f.load("Cedar")),
        ]),
        ("Write the policy for the whole API, 14 resources", [
            (OURS, "ours", f.emit(OURS)), ("direct write", "floor", f.emit("direct write")),
            ("aws_lambda_events", "peer", f.emit("aws_lambda_events")),
            ("Cedar, route by route", "peer", f.emit("Cedar, route by route")),
        ]),
        ("Answer a TOKEN event, RS256", [
            (OURS, "ours", f.event("TOKEN", NEW)), (f"{OURS}, token seen before", "ours", f.event("TOKEN", SEEN)),
            ("parse and verify", "floor", f.event("TOKEN", FLOOR)),
            *[(who, "peer", f.warm(who)) for who in AUTHORIZERS],
        ]),
        ("From the start of a process to its first answer", [
            (f"{OURS}, Users", "ours", f.start("users")), (f"{OURS}, 10,000 rules", "ours", f.start("rules_10000")),
            ("least binary", "floor", f.start("floor")), *[(who, "peer", f.fresh(who)) for who in AUTHORIZERS],
        ]),
    ]


def chart(measured: dict) -> str:
    """An SVG image."""
    shown = [(title, [bar for bar in bars if bar[2]]) for title, bars in groups(Figures(measured))]
    shown = [(title, bars) for title, bars in shown if bars]
    times = [time for _, bars in shown for _, _, time in bars]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    scale = (WIDTH - LABELS - RIGHT) / (high - low)
    height = 40 + sum(HEAD + len(bars) * (BAR + GAP) for _, bars in shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>policyctl beside hand-written floors and its peers, times on a logarithmic scale</title>",
        f"<style>{STYLE}</style>",
        *legend(),
        *grid(low, high, scale, height),
    ]
    y = 24
    for title, bars in shown:
        lines.append(f'<text class="title" x="8" y="{y + 24}">{escape(title)}</text>')
        y += HEAD
        for who, kind, time in bars:
            length = max((math.log10(time) - low) * scale, 1)
            lines += [
                f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end">{escape(who)}</text>',
                f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>',
                f'<text class="value" x="{LABELS + length + 6:.1f}" y="{y + 13}">{duration(time)}</text>',
            ]
            y += BAR + GAP
    return "\n".join([*lines, "</svg>", ""])


def legend() -> list:
    lines, x = [], 8
    for kind, text in [("ours", "policyctl"), ("floor", "floor, by hand"), ("peer", "peers")]:
        lines.append(f'<rect class="{kind}" x="{x}" y="6" width="12" height="12" rx="2"/>')
        lines.append(f'<text class="axis" x="{x + 17}" y="16">{text}</text>')
        x += 30 + 7 * len(text)
    return lines


def grid(low: int, high: int, scale: float, height: int) -> list:
    lines = []
    for power in range(low, high + 1):
        x = LABELS + (power - low) * scale
        lines.append(f'<line class="grid" x1="{x:.1f}" y1="24" x2="{x:.1f}" y2="{height - 18}"/>')
        label = f"{10 ** (power % 3)} {['ns', 'µs', 'ms', 's'][power // 3]}"
        lines.append(f'<text class="axis" x="{x:.1f}" y="{height - 5}" text-anchor="middle">{label}</text>')
    return lines
