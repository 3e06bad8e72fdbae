"""Keep the catalogue in step with the program: which messages there are, which lack words, which nobody needs.

    python -m tools.words            what is missing, unused or does not fit
    python -m tools.words write      rewrite the catalogue: sorted, without unused entries, missing ones empty
    python -m tools.words merge F…   take over entries of other catalogues first

A message reaches a reader through a template, a call that translates, the sentences of an error or a finding, a table
of words, or a data file. :mod:`tools.word_sources` finds them all by reading the sources.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tools.word_calls import Messages
from tools.word_sources import every_message

ROOT: Final = Path(__file__).parent.parent
CATALOGUE: Final = ROOT / "gridmap" / "i18n" / "zh_CN.po"
HEADER: Final = """\
# Chinese words of gridmap, sorted by their English. A word corrected here holds from the next start.
msgid ""
msgstr ""
"Project-Id-Version: gridmap\\n"
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
_PLACE: Final = re.compile(r"\{[^{}]*\}|%\(\w+\)[sd]|%%")

Entries = dict[str, tuple[str | None, str]]
"""Chinese by English: the English plural, where there is one, and the Chinese."""


def read(path: Path) -> Entries:
    """The entries of a catalogue, without its header."""
    entries: Entries = {}
    for message in read_po(io.BytesIO(path.read_bytes()), locale="zh_CN"):
        if not message.id:
            continue
        if isinstance(message.id, str):
            entries[message.id] = (None, str(message.string or ""))
        else:
            forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
            entries[message.id[0]] = (message.id[1], str(forms[0] or ""))
    return entries


def write(path: Path, entries: Entries) -> None:
    """Write a catalogue, sorted by the English."""
    catalogue = Catalog(locale="zh_CN")
    for english in sorted(entries, key=lambda text: (text.casefold(), text)):
        plural, chinese = entries[english]
        if plural is None:
            catalogue.add(english, chinese)
        else:
            catalogue.add((english, plural), (chinese,))
    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True)
    lines = [line for line in body.getvalue().decode("utf-8").splitlines() if not line.startswith("#,")]
    path.write_text(HEADER + "\n".join(lines).strip("\n") + "\n", encoding="utf-8", newline="\n")


def places(text: str) -> list[str]:
    """What is filled in: ``{name}``, ``%(name)s``, ``%%``; sorted."""
    return sorted(_PLACE.findall(text))


def faults(messages: Messages, entries: Entries) -> list[str]:
    """Everything wrong with a catalogue, one sentence each."""
    found = [
        f"not translated: {english!r} ({messages[english].place})"
        for english in messages
        if not _said(entries, english)
    ]
    found += [f"used nowhere: {english!r}" for english in entries if english not in messages]
    for english, (plural, chinese) in entries.items():
        if chinese and set(places(english)) | set(places(plural or "")) != set(places(chinese)):
            found.append(f"filled differently: {english!r} → {chinese!r}")
        if english in messages and messages[english].plural != plural:
            found.append(f"plural differs: {english!r}")
    return found


def _said(entries: Entries, english: str) -> bool:
    return english in entries and bool(entries[english][1].strip())


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 means that something is wrong with the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["check", "write", "merge"], default="check")
    parser.add_argument("files", nargs="*", type=Path)
    chosen = parser.parse_args(arguments)
    messages, entries = every_message(ROOT), read(CATALOGUE)
    if chosen.action == "merge":
        for path in chosen.files:
            for english, entry in read(path).items():
                if _said(entries, english) and entries[english] != entry and entry[1]:
                    sys.stdout.write(f"kept {english!r}: {entries[english][1]} (not {entry[1]}, {path.name})\n")
                else:
                    entries[english] = entry
    if chosen.action != "check":
        wanted = {
            english: (message.plural, entries.get(english, (None, ""))[1]) for english, message in messages.items()
        }
        write(CATALOGUE, wanted)
        sys.stdout.writelines(f"left out {english!r}\n" for english in entries if english not in wanted)
        entries = wanted
    problems = faults(messages, entries)
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{len(messages)} messages, {len(problems)} faults\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
