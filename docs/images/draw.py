#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/upgrade.svg: a terminal in which real commands gave real output.

usage: docs/images/draw.py [GODWIT]      (default: build/godwit)
"""
import html
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = (
    "godwit upgrade",
    "godwit history --graph",
    "godwit downgrade -1",
    "godwit status",
)
WIDTH_CHARACTERS = 92
CHARACTER, LINE, MARGIN, BAR = 8.4, 19, 18, 34
COLORS = {"back": "#10151b", "bar": "#1d252e", "text": "#c9d4df", "prompt": "#6fc28b", "dim": "#7f8c99"}


def session(godwit):
    """Runs the commands in a copy of the example; yields (kind, line)."""
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, "interviewiq")
        shutil.copytree(os.path.join(ROOT, "examples", "interviewiq"), project)
        for command in COMMANDS:
            yield "prompt", command
            run = subprocess.run([godwit, *command.split()[1:]], cwd=project, text=True, check=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 env={**os.environ, "LC_ALL": "C.UTF-8"})
            for line in run.stdout.replace(project, "~/interviewiq").splitlines():
                yield "text", line
            yield "text", ""


def svg(lines):
    """The lines as one SVG text."""
    width = WIDTH_CHARACTERS * CHARACTER + 2 * MARGIN
    height = BAR + len(lines) * LINE + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}" role="img" aria-label="godwit at work in a terminal">',
        f'<rect width="100%" height="100%" rx="8" fill="{COLORS["back"]}"/>',
        f'<path d="M0 8a8 8 0 0 1 8-8h{width - 16:.0f}a8 8 0 0 1 8 8v18H0z" fill="{COLORS["bar"]}"/>',
    ]
    out += [f'<circle cx="{18 + 18 * i}" cy="13" r="5" fill="{COLORS["dim"]}"/>' for i in range(3)]
    out.append('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14">')
    for number, (kind, line) in enumerate(lines):
        y = BAR + (number + 1) * LINE
        text = html.escape(line[:WIDTH_CHARACTERS])
        if kind == "prompt":
            text = (f'<tspan fill="{COLORS["prompt"]}">$ </tspan>'
                    f'<tspan font-weight="bold">{text}</tspan>')
        out.append(f'<text x="{MARGIN}" y="{y}" fill="{COLORS["text"]}" xml:space="preserve">'
                   f'{text}</text>')
    out += ["</g>", "</svg>", ""]
    return "\n".join(out)


def main():
    godwit = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "godwit"))
    lines = list(session(godwit))
    with open(os.path.join(ROOT, "docs", "images", "upgrade.svg"), "w", encoding="utf-8") as file:
        file.write(svg(lines[:-1]))


if __name__ == "__main__":
    main()
