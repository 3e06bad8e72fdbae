"""A visit: one request of somebody, known or not, in a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gridmap.accounts.actor import Actor
from gridmap.i18n import Translator


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in user's request: the actor with the grants of this moment, and how to speak to them."""

    actor: Actor
    session_id: UUID
    csrf: str
    must_change_password: bool
    today: date
    text: Translator
    theme: str

    @property
    def lang(self) -> str:
        """The language tag."""
        return self.text.language
