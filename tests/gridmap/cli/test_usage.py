"""What the command line says of itself and of wrong command lines, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gridmap.cli.usage import TITLES
from gridmap.i18n import translator
from web.cli import application

ENGLISH = re.compile(r"\b(?:Options|Arguments|Commands|Usage|Show|Error|default|required|Missing|Try)\b")

WRONG = {
    ("check",): ("--db (or the environment variable GRIDMAP_DB) is missing.", "缺少 --db（或环境变量 GRIDMAP_DB）。"),
    ("import", "cells"): ("{file} is missing.", "缺少 {file}。"),
    ("import", "cels"): ("There is no command cels. Is cells meant?", "没有命令 cels。是否指 cells？"),
    ("import", "zzz"): ("There is no command zzz.", "没有命令 zzz。"),
    ("check", "--nope"): ("There is no option --nope.", "没有选项 --nope。"),
    ("check", "--db"): ("--db needs a value.", "--db 须有取值。"),
    ("check", "--json=3"): ("--json takes no value.", "--json 不接受取值。"),
    ("check", "a", "b", "--db", "d"): ("Too many words: a b", "多余的参数：a b"),
    ("import", "cells", "f", "--under", "a", "--db", "d", "--tolerance", "x"): (
        "--tolerance: a number is needed",
        "--tolerance：须为数字",
    ),
    ("import", "buildings", "f", "--db", "d", "--units", "x"): (
        "--units: a whole number is needed",
        "--units：须为整数",
    ),
    ("serve", "--db", "d", "--port", "99999"): ("--port: 65535 at most", "--port：不得大于 65535"),
    ("serve", "--db", "d", "--port", "0"): ("--port: 1 at least", "--port：不得小于 1"),
    ("stats", "--db", "d", "--format", "pdf"): (
        "--format: must be one of table, csv, json",
        "--format：须为以下之一：table, csv, json",
    ),
}


@pytest.mark.parametrize("line", WRONG, ids=" ".join)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_command_line_is_explained(
    line: tuple[str, ...], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence in the reader's language, and exit code 2."""
    monkeypatch.setenv("GRIDMAP_LANG", language)
    monkeypatch.delenv("GRIDMAP_DB", raising=False)
    done = CliRunner().invoke(application(line[0]), [*line])
    assert done.exit_code == 2
    assert WRONG[line][language == "zh"] in done.stderr.replace("\n", "")
    assert "Traceback" not in done.output


def run(*words: str, language: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own: help is translated when commands are loaded."""
    environment = {**os.environ, "GRIDMAP_LANG": language, "COLUMNS": "400", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", "from web.cli import main; main()", *words]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_help_is_chinese_unless_english_is_asked_for() -> None:
    """Titles, the help option, and every command."""
    chinese = run("import", "cells", "--help", language="")
    assert chinese.returncode == 0
    assert not ENGLISH.search(chinese.stdout)
    said = translator("zh-CN").gettext
    for title in ("Arguments", "Options", "[required]", "Usage: ", "Show this help."):
        assert said(title) in chinese.stdout
    assert said("Import cells as a coverage under an area; buildings are placed in them by largest overlap.") in (
        chinese.stdout
    )


def test_help_is_english_where_it_is_asked_for() -> None:
    """No Chinese is left over; without a command the help comes once, and the exit code says that none was given."""
    english = run(language="en")
    assert english.returncode == 2
    assert not re.search("[㐀-鿿]", english.stdout)
    assert english.stdout.count("Usage: ") == 1
    assert all(title in english.stdout for title in ("Options", "Commands"))


def test_every_title_of_the_help_can_be_set() -> None:
    """A version of Typer that names its titles otherwise would speak English."""
    from typer import rich_utils  # noqa: PLC0415 - only this test looks into it

    assert [name for name in TITLES if not hasattr(rich_utils, name)] == []
