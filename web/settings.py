"""Settings of the server: one typed, immutable object that is passed down. Nothing is read at import time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "GRIDMAP_WEB_"


class Settings(BaseModel):
    """What an operator may set, by command line or by ``GRIDMAP_WEB_<NAME>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secure: bool = Field(default=False, description="Browsers reach the server by HTTPS: cookies are bound to it.")
    behind_proxy: bool = Field(default=False, description="A reverse proxy ends TLS and says who asks (X-Forwarded-*).")
    allowed_hosts: frozenset[str] = Field(
        default=frozenset(), description="Host names this server answers to; empty means any."
    )
    read_threads: int = Field(
        default=0, ge=0, le=64, description="Threads that answer clicks; 0 chooses by the kind of store."
    )
    tile_cache_mb: int = Field(default=256, ge=1, le=16_384, description="Memory for encoded map tiles, MiB.")
    body_kb: int = Field(default=512, ge=16, le=16_384, description="Largest form or API body, KiB.")
    upload_mb: int = Field(default=100, ge=1, le=2_048, description="Largest uploaded file, MiB.")
    upload_folder: Path | None = Field(
        default=None,
        description="Where uploads wait, sealed; by default beside the register's file, or beside PostgreSQL's key.",
    )
    read_apart: bool = Field(
        default=True, description="Read uploads in a process of its own, with limits of time and memory."
    )
    reveal_seconds: int = Field(default=60, ge=5, le=600, description="How long unmasked values stay on the screen, s.")
    page_size: int = Field(default=50, ge=10, le=200, description="Rows on a page of a list.")
    rules_file: Path | None = Field(default=None, description="The deployment's own rules of compliance (TOML).")
    cheap_passwords: bool = Field(default=False, description="Hash passwords at low cost. For tests alone.")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ, **given: object) -> Self:
        """Read the environment; ``given`` values (of the command line) win."""
        named = {name: environ[PREFIX + name.upper()] for name in cls.model_fields if PREFIX + name.upper() in environ}
        if "allowed_hosts" in named:
            given = {"allowed_hosts": [part.strip() for part in named.pop("allowed_hosts").split(",")], **given}
        return cls.model_validate({**named, **given})
