"""The shapes of the Graph API's answers.

Every field may be absent or null, and unknown ones are passed over. Continuations are rebuilt from cursors: the
addresses in `paging` carry the access token and are never followed, kept or logged.
Source: API facts, section 1, and the machine-readable contract of version 25.0.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec

Cursor = dict[str, str]
"""Parameters that lead to the next page; empty: the first one."""

_CURSOR_NAMES = ("after", "until", "__paging_token", "offset")


class Named(msgspec.Struct):
    """A person or page."""

    id: str | None = None
    name: str | None = None


class Reference(msgspec.Struct):
    """A thing, by its id."""

    id: str | None = None


class Image(msgspec.Struct):
    """Where a picture lies."""

    src: str | None = None
    url: str | None = None


class Media(msgspec.Struct):
    """What an attachment shows."""

    image: Image | None = None
    source: str | None = None


class Attachment(msgspec.Struct):
    """Something that hangs on a post, a comment or a message."""

    url: str | None = None
    file_url: str | None = None
    media: Media | None = None
    image_data: Image | None = None
    video_data: Image | None = None

    def address(self) -> str | None:
        """Return where it can be seen."""
        shown = self.media.source or (self.media.image.src if self.media.image else None) if self.media else None
        data = self.image_data or self.video_data
        return shown or self.file_url or (data.url if data else None) or self.url


class Attachments(msgspec.Struct):
    """A list of them, inside its own envelope."""

    data: list[Attachment] | None = None


class Comment(msgspec.Struct):
    """A comment or a reply; `filter=stream` mixes them, and only `parent` tells."""

    id: str | None = None
    message: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    created_time: str | None = None
    parent: Reference | None = None
    is_hidden: bool | None = None
    permalink_url: str | None = None
    attachment: Attachment | None = None


class Post(msgspec.Struct):
    """A post on the page, ours or a visitor's."""

    id: str | None = None
    message: str | None = None
    story: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    created_time: str | None = None
    updated_time: str | None = None
    permalink_url: str | None = None
    is_hidden: bool | None = None
    scheduled_publish_time: float | None = None
    """Epoch seconds, while the service keeps it to be published then."""
    attachments: Attachments | None = None


class People(msgspec.Struct):
    """Who takes part, inside its own envelope."""

    data: list[Named] | None = None


class PrivateMessage(msgspec.Struct):
    """One message of a conversation."""

    id: str | None = None
    message: str | None = None
    from_: Named | None = msgspec.field(default=None, name="from")
    to: People | None = None
    created_time: str | None = None
    sticker: str | None = None
    attachments: Attachments | None = None


class _Cursors(msgspec.Struct):
    after: str | None = None


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str | None = None


class _Summary(msgspec.Struct):
    order: str | None = None


class Listing(msgspec.Struct):
    """A page of rows; each row is decoded on its own."""

    data: list[msgspec.Raw] | None = None
    paging: _Paging | None = None
    summary: _Summary | None = None

    @property
    def rows(self) -> list[msgspec.Raw]:
        """The rows; none where the service sent none."""
        return self.data or []

    def following(self) -> Cursor | None:
        """Return the parameters of the next page, without the token that its address carries; None: the last page."""
        if self.paging is None or not self.paging.next:
            return None
        if self.paging.cursors and self.paging.cursors.after:
            return {"after": self.paging.cursors.after}
        asked = parse_qs(urlsplit(self.paging.next).query)
        return {name: asked[name][0] for name in _CURSOR_NAMES if name in asked} or None

    @property
    def newest_first(self) -> bool:
        """Whether the service says that it kept to the order asked for."""
        return self.summary is not None and self.summary.order == "reverse_chronological"


class Conversation(msgspec.Struct):
    """A conversation with its last messages."""

    id: str | None = None
    updated_time: str | None = None
    participants: People | None = None
    messages: Listing | None = None


class Made(msgspec.Struct):
    """What a write made."""

    id: str | None = None
    message_id: str | None = None
    post_id: str | None = None
    success: bool | None = None
