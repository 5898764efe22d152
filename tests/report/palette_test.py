#!/usr/bin/env python3
"""The page's colours, also as people see them who are blind to some: palette_test.py PAGE_CSS.

Distances are Euclidean in CIE Lab (1976), with the three kinds of dichromacy simulated as Machado, Oliveira and Fernandes
(2009) do. Contrasts are those of WCAG 2.1.
"""
import itertools
import re
import sys
import unittest
from pathlib import Path

STATES = ["completed", "failed", "running", "pending", "interrupted"]
GROUPS = [f"s{k}" for k in range(8)]
SIGHTS = {
    "common": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]],
    "deuteranopia": [[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.01182, .04294, .968881]],
    "tritanopia": [[1.255528, -.076749, -.178779], [-.078411, .930809, .147602], [.004733, .691367, .3039]],
}


def linear(colour):
    parts = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    return [c / 12.92 if c <= .04045 else ((c + .055) / 1.055) ** 2.4 for c in parts]


def luminance(colour):
    r, g, b = linear(colour)
    return .2126 * r + .7152 * g + .0722 * b


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + .05) / (low + .05)


def lab(rgb):
    r, g, b = (min(1, max(0, c)) for c in rgb)
    x, y, z = (.4124 * r + .3576 * g + .1805 * b, .2126 * r + .7152 * g + .0722 * b, .0193 * r + .1192 * g + .9505 * b)
    f = lambda t: t ** (1 / 3) if t > .008856 else 7.787 * t + 16 / 116  # noqa: E731
    x, y, z = f(x / .95047), f(y), f(z / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour, sight):
    rgb = linear(colour)
    return lab([sum(row[k] * rgb[k] for k in range(3)) for row in SIGHTS[sight]])


def distance(a, b, sight):
    return sum((p - q) ** 2 for p, q in zip(seen(a, sight), seen(b, sight))) ** .5


def nearest(colours):
    """The smallest distance of two of them, in any sight, and which."""
    return min((distance(colours[a], colours[b], sight), a, b, sight)
               for a, b in itertools.combinations(colours, 2) for sight in SIGHTS)


def themes(css):
    """The variables of the light theme, of the dark one that is chosen, and of the system's dark one."""
    pattern = {"light": r"(?:^|\})\s*:root\s*\{([^}]*)", "dark": r":root\[data-theme=dark\]\s*\{([^}]*)",
               "system's dark": r":root:not\(\[data-theme=light\]\)\s*\{([^}]*)"}
    found = {name: dict(re.findall(r"--([\w-]+)\s*:\s*(#[0-9a-f]+)", re.search(rule, css)[1]))
             for name, rule in pattern.items()}
    return {name: {key: "#" + "".join(2 * c for c in value[1:]) if len(value) == 4 else value
                   for key, value in colours.items()} for name, colours in found.items()}


class Palette(unittest.TestCase):
    def setUp(self):
        self.themes = themes(Path(CSS).read_text())

    def test_both_ways_to_the_dark_theme_give_the_same(self):
        self.assertEqual(self.themes["dark"], self.themes["system's dark"])

    def test_states_are_told_apart_in_any_sight(self):
        for name, colours in self.themes.items():
            with self.subTest(name):
                self.assertGreaterEqual(nearest({key: colours[key] for key in STATES})[0], 20)

    def test_groups_are_told_apart_in_any_sight(self):
        for name, colours in self.themes.items():
            with self.subTest(name):
                self.assertGreaterEqual(nearest({key: colours[key] for key in GROUPS})[0], 25)

    def test_what_is_drawn_stands_out_from_its_card(self):
        for name, colours in self.themes.items():
            for key in ["completed", "failed", "running", "interrupted", *GROUPS]:
                with self.subTest(f"{name} {key}"):
                    self.assertGreaterEqual(contrast(colours[key], colours["card"]), 3)

    def test_text_can_be_read(self):
        for name, colours in self.themes.items():
            for key in ["ink", "soft", "accent"]:
                with self.subTest(f"{name} {key}"):
                    self.assertGreaterEqual(contrast(colours[key], colours["card"]), 4.5)
                    self.assertGreaterEqual(contrast(colours[key], colours["bg"]), 4.5)


if __name__ == "__main__":
    CSS = sys.argv.pop(1)
    unittest.main()
