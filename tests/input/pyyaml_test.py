"""Random configurations that PyYAML has written, in all its styles, have the hashes that Python gives them.

    pyyaml_test.py PRINT_CONFIG_HASHES [SEED]
"""
import hashlib
import itertools
import json
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed (sample_host/setup.sh tests)")
    sys.exit(77)

CONFIGS = 1000  # in all
# Heavy in what quoting, folding and indentation make of it.
PIECES = ["a", "b c", " ", "  ", "\n", "\n\n", "\t", "'", "''", '"', "\\", "\\\\", "\\n", ": ", ":", "#", " #", "- ", "-",
          "? ", "{", "}", "[", "]", ",", "&x", "*x", "!", "|", ">", "%", "@", "`", "=", "<<", "~", "é", "漢", "😀",
          "\u00a0", "\u2028", "\u2029", "\ufeff", "\x07", "\x1b", "\x7f", "\x9f", "...", "---", "null", "yes", "12", "0x",
          "word " * 30]
# What PyYAML takes for text and writes without quotes, and the core schema of YAML 1.2 doesn't.
CORE_ONLY = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


def text(rng, has_next_line):
    pieces = PIECES + ["\x85"] if has_next_line else PIECES
    while True:
        made = "".join(rng.choice(pieces) for _ in range(rng.randrange(8)))
        if not CORE_ONLY.fullmatch(made):
            return made


def number(rng):
    if rng.random() < 0.5:
        return rng.randrange(-2**63, 2**64) >> rng.randrange(64)
    while True:
        value = struct.unpack("d", rng.randbytes(8))[0] if rng.random() < 0.5 else rng.randrange(10**6) / 1000
        if value - value == 0:
            return value


def value(rng, has_next_line, depth=0):
    kind = rng.random()
    if kind < 0.6:
        return text(rng, has_next_line)
    if kind < 0.75:
        return number(rng)
    if kind < 0.8 or depth > 3:
        return rng.choice([None, True, False])
    if kind < 0.9:
        return [value(rng, has_next_line, depth + 1) for _ in range(rng.randrange(4))]
    return mapping(rng, has_next_line, depth + 1)


def mapping(rng, has_next_line, depth=0):
    return {"k" + text(rng, has_next_line): value(rng, has_next_line, depth) for _ in range(rng.randrange(1, 5))}


def python_hash(config):
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]


def check(program, folder, configs, options):
    path = Path(folder) / "study.yaml"
    with path.open("w", encoding="utf-8", newline="") as out:
        yaml.dump({"experiments": configs}, out, sort_keys=False, **options)
    # Where PyYAML's writer and reader disagree, the reader is right: what it has written is what the file says.
    configs = yaml.safe_load(path.read_bytes())["experiments"]
    got = subprocess.run([program, path], capture_output=True, text=True)
    assert got.returncode == 0, f"{options}: {got.stderr}"
    hashes = got.stdout.split()
    assert len(hashes) == len(configs), (options, len(hashes), len(configs))
    for config, found in zip(configs, hashes):
        assert found == python_hash(config), f"{options}: {config!r}"


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    styles = list(itertools.product([None, "'", '"', "|", ">"], [False, True, None], [False, True], ["\n", "\r\n"]))
    with tempfile.TemporaryDirectory() as folder:
        for style, flow, is_unicode, line_break in styles:
            # PyYAML may write U+0085 as it is, which is refused.
            configs = [mapping(rng, has_next_line=not is_unicode) for _ in range(CONFIGS // len(styles) + 1)]
            check(sys.argv[1], folder, configs, {
                "default_style": style, "default_flow_style": flow, "allow_unicode": is_unicode, "line_break": line_break,
                "width": rng.choice([20, 80, 10**6]), "indent": rng.choice([2, 4, 7])})
    print(len(styles) * (CONFIGS // len(styles) + 1), "configurations have Python's hashes")


if __name__ == "__main__":
    main()
