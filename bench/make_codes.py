"""Write rules/codes/icd10cm.txt.gz from the simple-icd-10-cm package: `python -m bench.make_codes`.

The codes are the work of the US government (CDC/NCHS) and in the public domain; only the billable (leaf)
codes are kept, without dots, one a line, and no descriptions.
"""

from __future__ import annotations

import gzip
import re
import sys
from importlib import resources
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "rules" / "codes" / "icd10cm.txt.gz"


def leaves() -> tuple[str, list[str]]:
    """Return the name of the release and its leaf codes in order."""
    folder = resources.files("simple_icd_10_cm") / "data"
    source = next(entry for entry in folder.iterdir() if entry.name.startswith("code-list"))
    codes = sorted(
        {line.strip() for line in source.read_text("utf-8").splitlines() if re.fullmatch(r"[A-Z]\w{2,6}", line.strip())}
    )
    kept = [code for code, after in zip(codes, [*codes[1:], ""], strict=True) if not after.startswith(code)]
    return source.name.removeprefix("code-list-").removesuffix(".txt"), kept


def main() -> int:
    release, codes = leaves()
    text = f"# ICD-10-CM leaf codes, release {release}, public domain (CDC/NCHS)\n" + "\n".join(codes) + "\n"
    TARGET.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
    print(f"{TARGET.name}: {len(codes)} codes of {release}, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
