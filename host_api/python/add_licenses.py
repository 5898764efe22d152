#!/usr/bin/env python3
"""Puts the licences of what a repaired wheel carries into it, beside its metadata.

    python add_licenses.py WHEEL

What was bundled stands in the bill of materials that auditwheel leaves in the wheel, with the system's package of each
library. What is only compiled in comes from headers, and is listed here. The licence is the package's own
`/usr/share/doc/PACKAGE/copyright` (Debian, Ubuntu) with the common ones that it refers to, or what lies in
`/usr/share/licenses/PACKAGE` (Fedora, RHEL). A licence that isn't there is an error: such a wheel is not to be given away.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Dict, List, Set

COMPILED_IN = ["/usr/include/boost/json.hpp", "/usr/include/fmt/format.h", "/usr/include/CLI/CLI.hpp"]
COMMON_LICENSE = re.compile(rb"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+])")


def package_of(file: str) -> str:
    """The installed package that a file came with; empty where it came with none, like somebody's own Boost."""
    for command in (["dpkg-query", "--search", file], ["rpm", "--query", "--queryformat", "%{NAME}:", "--file", file]):
        try:
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        if answer.returncode == 0:
            return answer.stdout.split(":")[0]
    return ""


def bundled_packages(wheel: zipfile.ZipFile) -> Set[str]:
    bundled = [name for name in wheel.namelist() if re.match(r"[^/]+\.libs/.", name)]
    bills = [name for name in wheel.namelist() if name.endswith(".dist-info/sboms/auditwheel.cdx.json")]
    components = json.loads(wheel.read(bills[0]))["components"] if bills else []
    packages = [part["name"] for part in components if not part["purl"].startswith("pkg:pypi/")]
    if len(packages) != len(bundled):
        sys.exit(f"{wheel.filename}: bundles {', '.join(bundled)}, of which auditwheel knows only the packages "
                 f"{', '.join(packages)}: take the system's libraries, whose licences are known")
    return set(packages)


def source_of(package: str) -> str:
    """Debian's packages of one source have the same text; Boost's has 2 MB."""
    try:
        return subprocess.run(["dpkg-query", "--show", "--showformat=${source:Package}", package],
                              capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return package


def licenses_of(package: str) -> Dict[str, bytes]:
    """File name to text."""
    debian = Path("/usr/share/doc") / package / "copyright"
    if debian.exists():
        text = debian.read_bytes()
        common = {name.decode() for name in COMMON_LICENSE.findall(text)}
        folder = Path("/usr/share/common-licenses")
        return {"copyright": text, **{name: (folder / name).read_bytes() for name in sorted(common)}}
    fedora = Path("/usr/share/licenses") / package
    texts = {file.name: file.read_bytes() for file in sorted(fedora.glob("*")) if file.is_file()}
    if not texts:
        sys.exit(f"the licence of {package} is neither in {debian} nor in {fedora}")
    return texts


def record_line(name: str, data: bytes) -> List[str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return [name, f"sha256={digest}", str(len(data))]


def write_with(wheel: zipfile.ZipFile, added: Dict[str, bytes], path: Path) -> None:
    """The wheel with more files, and a RECORD that has them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        record_info = next(info for info in wheel.infolist() if info.filename.endswith(".dist-info/RECORD"))
        for info in wheel.infolist():
            if info is not record_info:
                out.writestr(info, wheel.read(info), zipfile.ZIP_DEFLATED)
        for name, data in added.items():
            info = zipfile.ZipInfo(name, record_info.date_time)
            info.external_attr = 0o644 << 16
            out.writestr(info, data, zipfile.ZIP_DEFLATED)
        rows = list(csv.reader(io.StringIO(wheel.read(record_info).decode())))
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows(
            rows[:-1] + [record_line(name, data) for name, data in added.items()] + rows[-1:])
        out.writestr(record_info, record.getvalue(), zipfile.ZIP_DEFLATED)


def main(path: Path) -> None:
    with zipfile.ZipFile(path) as wheel:
        packages = bundled_packages(wheel) | {package_of(header) for header in COMPILED_IN} - {""}
        sources = {source_of(package): package for package in sorted(packages)}
        dist_info = next(name for name in wheel.namelist() if name.endswith(".dist-info/WHEEL")).split("/")[0]
        added = {
            f"{dist_info}/licenses/{source}/{name}": text
            for source, package in sources.items()
            for name, text in licenses_of(package).items()
        }
        unfinished = path.with_suffix(".unfinished")
        write_with(wheel, added, unfinished)
    os.replace(unfinished, path)
    print(f"with the licences of {', '.join(sources)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
