"""Templates: one environment a language, escaped always, undefined names are errors."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from jinja2 import Environment, PackageLoader, Undefined, UndefinedError
from jinja2.utils import missing

from gridmap.i18n import LANGUAGES, Translator, translator


class Missing(Undefined):
    """A name that is not there: an error, except for a key of a mapping, which templates may ask for."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[UndefinedError] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if not isinstance(obj, Mapping):
            self._fail_with_undefined_error()


class Renderer:
    """Renders templates in a language."""

    def __init__(self, static_url: str) -> None:
        self.static_url = static_url
        self.version = product_version()
        self._environments = {language: _environment(translator(language)) for language in LANGUAGES}

    def html(self, template: str, language: str, context: Mapping[str, Any]) -> str:
        """Render a template; ``lang``, ``static_url`` and ``version`` are added."""
        page = self._environments[language].get_template(template)
        return page.render(lang=language, static_url=self.static_url, version=self.version, **context)


def product_version() -> str:
    """The installed version, or ``0`` in a source tree that was never installed."""
    try:
        return version("gridmap")
    except PackageNotFoundError:
        return "0"


def _environment(text: Translator) -> Environment:
    environment = Environment(
        loader=PackageLoader("web", "templates"),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Missing,
        auto_reload=False,
    )
    # The extension adds this method at run time.
    cast("Any", environment).install_gettext_callables(text.gettext, text.ngettext, newstyle=True)
    return environment
