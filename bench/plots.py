#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the tables of docs/performance.md about round trips as SVG, in docs/images/.

    plots.py FOLDER            writes the plots of the page in this source folder
    plots.py --check FOLDER    exits with 1 if one of them does not show what its table says

What is drawn is read from the page, so a plot never shows anything else than its table.
"""
import pathlib
import sys
from xml.sax.saxutils import escape

CALLS = "| | call | waves, cold / warm |"  # how the tables begin
THREADS = "| to | threads |"
BOTO3 = "boto3"
CONTENDERS = (("`atomic`", "atomic", "a"), ("`ours`", "atomic, writers=ours", "e"),
              ("`stream`", "stream", "b"), ("`steps`", "steps", "c"),
              (BOTO3, "boto3, the original's requests", "d"))
# The original's requests, by what of ours does more than they do.
PEERS = {"open a group": "open a group: BatchWriteItem", "append": "append: PutItem",
         "20 messages for a viewer": "20 messages: Query",
         "groups of a user, one unread": "groups of a user: Query"}
WIDTH, LEFT, RIGHT, TOP = 760, 240, 60, 58
BAR, GAP = 9, 12
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.axis { stroke: #d0d7de } .back { fill: #ffffff }
.a { fill: #0969da; stroke: #0969da } .b { fill: #1a7f37; stroke: #1a7f37 }
.c { fill: #bc4c00; stroke: #bc4c00 } .d { fill: #8c959f; stroke: #8c959f }
.e { fill: #8250df; stroke: #8250df }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .axis { stroke: #3d444d } .back { fill: #0d1117 }
.a { fill: #4493f8; stroke: #4493f8 } .b { fill: #3fb950; stroke: #3fb950 }
.c { fill: #f0883e; stroke: #f0883e } .d { fill: #9198a1; stroke: #9198a1 }
.e { fill: #ab7df8; stroke: #ab7df8 }
}"""


# ---- the tables ----

def table_of(page, beginning):
    """The cells of each row of the table whose heading begins so; empty: there is no such table."""
    lines = page.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith(beginning)), len(lines))
    rows = []
    for line in lines[at + 2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def calls_of(page, column):
    """What each call has in this column: for each of the contenders a number, or None."""
    found = {}
    for who, call, *cells in table_of(page, CALLS):
        found[who, call] = float(cells[column].rpartition("/")[2])
    calls = dict.fromkeys(call for who, call in found if who != BOTO3)
    return [(call, [found.get((who, PEERS.get(call) if who == BOTO3 else call))
                    for who, *_ in CONTENDERS]) for call in calls]


def threads_of(page):
    """For each kind of run its points: threads, appends a second."""
    runs = {}
    for what, threads, _, _, rate, *_ in table_of(page, THREADS):
        runs.setdefault(what, []).append((int(threads), float(rate)))
    return [(what, points) for what, points in runs.items() if len(points) > 1]


# ---- drawing ----

def text(x, y, content, anchor="start", kind=None):
    attributes = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{attributes}>{escape(content)}</text>'


def frame(title, height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
                      f'width="{WIDTH}" height="{height:g}" role="img">',
                      f"<title>{escape(title)}</title>", f"<style>{STYLE}\n</style>",
                      f'<rect class="back" width="{WIDTH}" height="{height:g}"/>',
                      text(12, 22, title, kind="title"), *parts, "</svg>", ""])


def legend(names):
    parts, x = [], 12
    for name, kind in names:
        parts += [f'<rect class="{kind}" x="{x}" y="34" width="10" height="10"/>', text(x + 16, 43, name)]
        x += 40 + 7 * len(name)
    return parts


def draw_bars(title, rows, unit):
    """A group of bars for each call."""
    longest = max(value for _, values in rows for value in values if value is not None)
    scale = (WIDTH - LEFT - RIGHT) / longest
    parts, y = legend([(name, kind) for _, name, kind in CONTENDERS]), TOP
    for call, values in rows:
        there = [(value, kind) for value, (*_, kind) in zip(values, CONTENDERS) if value is not None]
        parts.append(text(LEFT - 8, y + len(there) * BAR / 2 + 4, call, "end"))
        for value, kind in there:
            parts += [f'<rect class="{kind}" x="{LEFT}" y="{y:g}" width="{value * scale:.1f}" '
                      f'height="{BAR - 2}"/>',
                      f'<text x="{LEFT + value * scale + 4:.1f}" y="{y + BAR - 1:g}" '
                      f'style="font-size: 9px">{value:g}{unit}</text>']
            y += BAR
        y += GAP
    parts.append(f'<path class="axis" d="M{LEFT} {TOP - 6}V{y - GAP + 6:g}"/>')
    return frame(title, y, parts)


def draw_lines(title, runs):
    """The rate by the number of threads, which doubles along the axis."""
    height, left, right, bottom = 320, 60, WIDTH - 40, 280
    most = max(rate for _, points in runs for _, rate in points)
    threads = sorted({count for _, points in runs for count, _ in points})
    steps = max(threads).bit_length() - 1

    def place(count, rate):
        return (left + (right - left) * (count.bit_length() - 1) / steps,
                bottom - (bottom - TOP - 10) * rate / most)

    kinds = [kind for *_, kind in CONTENDERS]
    parts = legend([(what, kind) for (what, _), kind in zip(runs, kinds)])
    parts.append(f'<path class="axis line" d="M{left} {TOP}V{bottom}H{right}"/>')
    parts += [text(place(count, 0)[0], bottom + 18, str(count), "middle") for count in threads]
    parts.append(text((left + right) / 2, bottom + 34, "threads", "middle"))
    parts += [text(left - 8, place(1, rate)[1] + 4, f"{rate:.0f}", "end") for rate in (0, most / 2, most)]
    for (_, points), kind in zip(runs, kinds):
        places = [place(*point) for point in points]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path class="{kind} line" style="fill: none" d="M{line}"/>')
        parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places]
    return frame(title, height, parts)


def plots_of(page):
    plots = {"waves.svg": draw_bars("How often a call waits for DynamoDB (warm)", calls_of(page, 0), ""),
             "milliseconds.svg": draw_bars("Milliseconds a call, answers 5 ms later (warm)",
                                           calls_of(page, 5), " ms")}
    if threads_of(page):
        plots["threads.svg"] = draw_lines("Appends a second, by threads of one handle", threads_of(page))
    return plots


def main():
    *options, folder = sys.argv[1:]
    docs = pathlib.Path(folder) / "docs"
    is_good = True
    for name, plot in plots_of((docs / "performance.md").read_text()).items():
        path = docs / "images" / name
        if not options:
            path.write_text(plot)
        elif not path.exists() or path.read_text() != plot:
            print(f"{name} does not show what docs/performance.md says: run scripts/bench plots")
            is_good = False
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
