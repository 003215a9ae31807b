"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .document import Document
from .prism import Prism, running


@pytest.fixture(scope="session")
def prism_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Document], Prism]]:
    """Run a mock of a document, one of each for the whole session."""
    started: dict[str, Prism] = {}
    with ExitStack() as stack:

        def of(document: Document) -> Prism:
            if document.name not in started:
                folder = tmp_path_factory.mktemp("prism")
                started[document.name] = stack.enter_context(running(document, folder))
            return started[document.name]

        yield of
