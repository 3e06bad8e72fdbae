"""Write the pages of the reference that follow from the code, in both languages.

``python -m tools.docs`` rewrites docs/en/reference and docs/zh-CN/reference; with ``--check`` it only says, by exit
code 1, which pages are out of step.
"""

from __future__ import annotations

import sys

from tools.doc_commands import command_page
from tools.doc_pages import PAGES, ROOT
from tools.doc_words import LANGUAGES, Words, words_of

MARK = "<!-- Written by `python -m tools.docs`; do not edit. -->"


ONLY_CHINESE = {"cli": command_page}
"""Pages whose English text is written elsewhere."""


def text_of(name: str, words: Words) -> str:
    """The whole text of a page."""
    page = words.page(name)
    for place, made in (PAGES | ONLY_CHINESE)[name](words).items():
        page = page.replace("{" + place + "}", made)
    title, rest = page.strip().split("\n", 1)
    return f"{title}\n\n{MARK}\n{rest}\n"


def generated() -> dict[str, str]:
    """Every generated page by its path under docs/."""
    pages: dict[str, str] = {}
    for folder, tag in LANGUAGES.items():
        words = words_of(tag)
        pages |= {
            f"{folder}/reference/{name}.md": text_of(name, words)
            for name in (PAGES if tag == "en" else PAGES | ONLY_CHINESE)
        }
    return pages


def main() -> None:
    """Write or check."""
    stale = []
    for place, text in generated().items():
        file = ROOT / "docs" / place
        if file.exists() and file.read_text("utf-8") == text:
            continue
        stale.append(place)
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="\n")
    sys.stdout.write("".join(f"{place}\n" for place in stale))
    if stale and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
