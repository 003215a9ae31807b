"""Pictures on their way out: they go first, where nobody sees them, and the post that names them decides.

Whatever goes wrong with one, nothing is published, so that all of it may be done again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from majlis.errors import NotFound
from majlis.pictures import Picture
from majlis.ports import Pictures

from .http import Lost, NotJson, NotSent
from .refusals import PostRefused
from .verdict import Failed, Says, Verdict


async def bytes_of(picture: Picture, pictures: Pictures | None) -> bytes:
    """Return what a picture is made of.

    Raises:
        Failed: The store does not have it, or there is none.
    """
    if pictures is None:
        raise refused("pictures", "there is no store of pictures here")
    try:
        return await pictures.picture(picture.digest)
    except NotFound as error:
        raise refused("pictures", "a picture of it is not in the store") from error


@contextmanager
def unpublished() -> Iterator[None]:
    """Take what went wrong with a picture for something that did not happen: nobody sees it.

    Raises:
        NotSent: It is not certain that the service has it.
        Failed: The service refuses it.
    """
    try:
        yield
    except (Lost, NotJson) as error:
        raise NotSent(f"picture: {error}") from error
    except Failed as error:
        if error.verdict.says is Says.FAULT:
            raise NotSent(f"picture: {error.verdict.code}") from error
        raise


def id_of(native_id: str | None) -> str:
    """Return the id that a service gave a picture.

    Raises:
        NotSent: It gave none.
    """
    if not native_id:
        raise NotSent("picture: an answer without an id")
    return native_id


def refused(code: str, reason: str) -> Failed:
    """Return a final no of our own, before anything goes out."""
    return Failed(Verdict(says=Says.NO, code=code, reason=reason, kind=PostRefused))
