"""Fonts by role, from what Debian packages installed, with the fonts that come inside our wheels where they are absent."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import reportlab
from PIL import ImageFont

BUNDLED = Path(reportlab.__file__).parent / "fonts"
ROOTS = (Path("/usr/share/fonts/truetype"), Path("/usr/share/fonts/opentype"), BUNDLED)
PACKAGES = (
    "fonts-liberation fonts-freefont-ttf fonts-dejavu-core fonts-urw-base35 fonts-croscore fonts-lato fonts-open-sans "
    "fonts-roboto-unhinted fonts-courier-prime fonts-comic-neue fonts-dkg-handwriting fonts-breip fonts-humor-sans "
    "fonts-femkeklaver fonts-rufscript fonts-sjfonts fonts-bwht fonts-ecolier-court fonts-tomsontalks"
)
"""What to install by apt for the full variety."""

ROLES: dict[str, tuple[str, ...]] = {
    "sans": ("LiberationSans-Regular LiberationSans-Bold", "FreeSans FreeSansBold", "DejaVuSans DejaVuSans-Bold", "NimbusSans-Regular NimbusSans-Bold", "Roboto-Regular Roboto-Bold", "DejaVuSansCondensed DejaVuSansCondensed-Bold"),
    "narrow": ("LiberationSansNarrow-Regular LiberationSansNarrow-Bold", "NimbusSansNarrow-Regular NimbusSansNarrow-Bold"),
    "serif": ("LiberationSerif-Regular LiberationSerif-Bold", "FreeSerif FreeSerifBold", "C059-Roman C059-Bold", "P052-Roman P052-Bold", "DejaVuSerif DejaVuSerif-Bold"),
    "mono": ("LiberationMono-Regular LiberationMono-Bold", "FreeMonoBold FreeMonoBold", "DejaVuSansMono DejaVuSansMono-Bold", "NimbusMonoPS-Bold NimbusMonoPS-Bold", "Courier~Prime Courier~Prime~Bold"),
    "hand": ("dkg dkgBd", "Breip Breip", "Humor-Sans Humor-Sans", "femkeklaver femkeklaver", "BecauseWeConnect-Regular BecauseWeConnect-Regular", "Delphine Delphine", "Ecolier-court Ecolier-court", "TomsonTalks TomsonTalks", "Rufscript010 Rufscript010"),
}  # fmt: skip
TEST_ROLES: dict[str, tuple[str, ...]] = {
    "sans": ("Lato-Regular Lato-Bold", "OpenSans-Regular OpenSans-Bold", "Arimo-Regular Arimo-Bold", "URWGothic-Book URWGothic-Demi"),
    "serif": ("Tinos-Regular Tinos-Bold", "URWBookman-Light URWBookman-Demi"),
    "mono": ("Cousine-Regular Cousine-Bold",),
    "hand": ("SteveHand SteveHand", "ComicNeue-Regular ComicNeue-Bold", "BecauseWeBuild-Regular BecauseWeBuild-Regular"),
}  # fmt: skip
"""Used by the test set only, beside the others."""

FALLBACK = {
    "sans": "Vera VeraBd",
    "narrow": "Vera VeraBd",
    "serif": "_er_____ _eb_____",
    "mono": "com_____ cob_____",
    "hand": "",
}


@cache
def _installed() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in ROOTS:
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.suffix in {".ttf", ".otf", ".pfb"}:
                found.setdefault(path.stem, path)
    return found


@cache
def _choices(role: str, test: bool) -> tuple[str, ...]:
    wanted = (*ROLES[role], *(TEST_ROLES.get(role, ()) if test else ()))
    there = tuple(pair for pair in wanted if all(name.replace("~", " ") in _installed() for name in pair.split()))
    return there or (FALLBACK[role],)


def absent() -> list[str]:
    """Return the font files that are not installed here, so that a run can say what it lacks."""
    names = {
        name.replace("~", " ")
        for roles in (ROLES, TEST_ROLES)
        for pairs in roles.values()
        for p in pairs
        for name in p.split()
    }
    return sorted(names - _installed().keys())


@cache
def font(pair: str, size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Load a face (`regular bold` file stems) at a size in pixels; an empty pair is Pillow's own font."""
    loaded = (
        ImageFont.truetype(str(_installed()[pair.split()[bold].replace("~", " ")]), size)
        if pair
        else ImageFont.load_default(size)
    )
    assert isinstance(loaded, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return loaded


GROWN = {"dkg": 1.15, "Breip": 1.3, "femkeklaver": 1.1, "BecauseWeConnect-Regular": 1.25, "BecauseWeBuild-Regular": 1.25, "Delphine": 1.25, "SteveHand": 1.5, "Ecolier-court": 1.35, "Rufscript010": 1.15}  # fmt: skip
"""Hand fonts draw their letters at very different heights for the same size."""


def faces(rng: random.Random, *, test: bool) -> dict[str, str]:
    """Choose a face for every role of one document."""
    return {role: rng.choice(_choices(role, test)) for role in ROLES}
