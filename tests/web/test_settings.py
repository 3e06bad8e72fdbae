"""Settings: typed, bounded, from the environment or the command line."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from web.settings import Settings


def test_the_environment_is_read_and_the_command_line_wins() -> None:
    """What stands on the command line was meant now."""
    environ = {"GRIDMAP_WEB_PAGE_SIZE": "20", "GRIDMAP_WEB_UPLOAD_MB": "5", "OTHER": "x"}
    settings = Settings.from_environ(environ, upload_mb=7)
    assert (settings.page_size, settings.upload_mb) == (20, 7)
    assert Settings.from_environ({"GRIDMAP_WEB_ALLOWED_HOSTS": "a.cn, b.cn"}).allowed_hosts == {"a.cn", "b.cn"}


def test_a_setting_out_of_bounds_is_refused() -> None:
    """A slip in a file must not become a server without limits."""
    with pytest.raises(ValidationError):
        Settings(page_size=100_000)


def test_every_setting_says_what_it_is() -> None:
    """An operator reads these."""
    assert all(field.description for field in Settings.model_fields.values())
