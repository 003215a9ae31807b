"""A page of a long list: which rows are visible, where the cursor is, and how both stay put while the list changes.

Rows come from the store by window, never all of them; the page holds what is visible and nothing else. The cursor stays
on its message: rows that change do so in place, what comes later waits until it is taken in, and a row that a colleague
finished stays under the cursor until the cursor leaves it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from majlis.message import MessageKey
from majlis.ports import Row, View, ViewName
from majlis.states import MessageState

if TYPE_CHECKING:
    from majlis.ports import Anchor, Store

_FAR = 200
"""Rows read at a time when looking for the next unanswered one."""
_PATIENCE = 50
"""How many times: ten thousand rows, and then the search gives up. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a list shows at one moment."""

    rows: tuple[Row, ...] = ()
    """In the view's order, at most as many as the list is high."""
    cursor: int = 0
    """Index into `rows`."""
    offset: int = 0
    """Rows of the view in front of the first visible one."""
    total: int = 0
    """Rows of the view, without those behind the bar."""
    waiting: int = 0
    """Rows behind the bar."""

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None


class Pager:
    """Moves a page over a view; one movement at a time."""

    def __init__(self, store: Store, view: View, height: int) -> None:
        self.page = Page()
        self.view = view
        self._store = store
        self._height = max(height, 1)
        self._as_of: int | None = None
        self._turn = asyncio.Lock()

    async def load(self, view: View | None = None) -> Page:
        """Read the first page, with everything that has come."""
        async with self._turn:
            self.view = view or self.view
            await self._take_all()
            await self._first()
            return self.page

    async def take_in(self) -> Page:
        """Let in what waits behind the bar; the cursor stays on its message."""
        async with self._turn:
            await self._take_all()
            await self._reload(keep=True)
            return self.page

    async def resize(self, height: int) -> Page:
        """Show another number of rows."""
        async with self._turn:
            if max(height, 1) != self._height:
                self._height = max(height, 1)
                await self._reload(keep=True)
            return self.page

    async def refresh(self, *, keep: bool = True) -> Page:
        """Read the visible rows again.

        Args:
            keep: Leave a row that is no longer in the view under the cursor; off after an action of one's own, when the
                next row is what comes next.
        """
        async with self._turn:
            if not self.page.rows:
                # An empty list has nothing that could jump: whatever came may be seen at once.
                await self._take_all()
                await self._first()
            else:
                await self._reload(keep=keep)
            return self.page

    async def changed(self, keys: frozenset[str]) -> Page:
        """Take notice of what changed in the store; reads no rows unless a visible one is among it, or one left."""
        counts = await self._store.counts(self.view, as_of=self._as_of)
        visible = {row.anchor.key for row in self.page.rows} | {
            str(row.message.key) for row in self.page.rows if row.message is not None
        }
        if not self.page.rows or visible & keys or counts.shown != self.page.total:
            return await self.refresh()
        self.page = replace(self.page, waiting=counts.waiting)
        return self.page

    async def move(self, by: int) -> Page:
        """Move the cursor by rows; at the edge the page moves by half its height."""
        async with self._turn:
            wanted = self.page.cursor + by
            if not 0 <= wanted < len(self.page.rows):
                half = max(self._height // 2, abs(by))
                await self._scroll(half if by > 0 else -half)
                wanted = self.page.cursor + by
            self._set_cursor(wanted)
            return self.page

    async def jump(self, by: int) -> Page:
        """Move page and cursor together by rows, as for half and whole pages; at the end only the cursor moves."""
        async with self._turn:
            place = self.page.cursor
            moved = await self._scroll(by)
            self._set_cursor(place if moved == by else place + by - moved)
            return self.page

    async def first(self) -> Page:
        """Go to the first row."""
        async with self._turn:
            await self._first()
            return self.page

    async def last(self) -> Page:
        """Go to the last row."""
        async with self._turn:
            window = await self._store.window(self.view, limit=self._height, last=True, as_of=self._as_of)
            await self._show(window.rows, len(window.rows) - 1)
            return self.page

    async def below(self) -> tuple[Row, ...]:
        """Return the rows that a page further down would show."""
        rows = self.page.rows
        if len(rows) < self._height:
            return ()
        window = await self._store.window(self.view, limit=self._height, after=rows[-1].anchor, as_of=self._as_of)
        return window.rows

    async def find(self, view: View, direction: int) -> tuple[int, int] | None:
        """Go to the next (1) or previous (-1) row that is in a narrower view too, round the ends.

        Returns:
            Which of how many it is, from 1; None when there is none.
        """
        async with self._turn:
            anchor = self.page.row.anchor if self.page.row else None
            found = await self._found(view, direction, anchor) or await self._found(view, direction, None)
            if found is None:
                return None
            await self._go(found)
            before = await self._store.position(view, found, as_of=self._as_of)
            return before + 1, (await self._store.counts(view, as_of=self._as_of)).shown

    async def _found(self, view: View, direction: int, anchor: Anchor | None) -> Anchor | None:
        """Return the nearest row of a view behind (in front of) a place, from its beginning (end) without one."""
        store, as_of = self._store, self._as_of
        if direction > 0:
            window = await store.window(view, limit=1, after=anchor, as_of=as_of)
        else:
            window = await store.window(view, limit=1, before=anchor, last=anchor is None, as_of=as_of)
        return window.rows[0].anchor if window.rows else None

    async def unanswered(self, direction: int) -> bool:
        """Go to the next (1) or previous (-1) message that nobody has taken; False when there is none."""
        async with self._turn:
            row = self.page.row
            anchor = row.anchor if row else None
            for _ in range(_PATIENCE):
                if anchor is None:
                    return False
                if direction > 0:
                    window = await self._store.window(self.view, limit=_FAR, after=anchor, as_of=self._as_of)
                    rows = window.rows
                else:
                    window = await self._store.window(self.view, limit=_FAR, before=anchor, as_of=self._as_of)
                    rows = tuple(reversed(window.rows))
                found = next((row for row in rows if _is_unanswered(row)), None)
                if found is not None:
                    await self._go(found.anchor)
                    return True
                anchor = rows[-1].anchor if rows else None
            return False

    # ------------------------------------------------------------------------------------------------- without the turn

    async def _take_all(self) -> None:
        # The outbox shows what becomes of entries; nothing there may wait.
        self._as_of = None if self.view.name is ViewName.OUTBOX else await self._store.revision()

    async def _first(self) -> None:
        window = await self._store.window(self.view, limit=self._height, as_of=self._as_of)
        await self._show(window.rows, 0)

    async def _go(self, anchor: Anchor) -> None:
        """Put the cursor on a row, a visible one where it stands, any other in the middle."""
        for index, row in enumerate(self.page.rows):
            if row.anchor == anchor:
                self._set_cursor(index)
                return
        await self._around(anchor, self._height // 2, keep=None)

    async def _reload(self, *, keep: bool) -> None:
        row = self.page.row
        if row is None:
            await self._first()
            return
        await self._around(row.anchor, self.page.cursor, keep=row if keep else None)

    async def _around(self, anchor: Anchor, place: int, *, keep: Row | None) -> None:
        """Show the page in which a row stands at a place, or what has taken its place."""
        place = min(place, self._height - 1)
        before = (await self._store.window(self.view, limit=max(place, 1), before=anchor, as_of=self._as_of)).rows
        front = before[-1].anchor if before else None
        wanted = self._height - min(place, len(before))
        rest = (await self._store.window(self.view, limit=wanted, after=front, as_of=self._as_of)).rows
        if place == 0:
            before = ()
        rows = (*before, *rest)
        if not rows:
            # All that stood here has moved up.
            await self._first()
            return
        here = next((n for n, row in enumerate(rows) if row.anchor.key == anchor.key), None)
        if here is None and keep is not None:
            rest = (await self._fresh(keep), *rest[: wanted - 1])
            rows = (*before, *rest)
            here = len(before)
        if here is None:
            here = min(len(before), max(len(rows) - 1, 0))
        if len(rows) < self._height and rows:
            # The end of the list has come up: fill from above.
            more = await self._store.window(
                self.view, limit=self._height - len(rows), before=rows[0].anchor, as_of=self._as_of
            )
            rows = (*more.rows, *rows)
            here += len(more.rows)
        await self._show(rows, here)

    async def _fresh(self, row: Row) -> Row:
        """Return a row that has left the view as it is now."""
        if row.entry is not None:
            return replace(row, entry=await self._store.entry(row.entry.id) or row.entry)
        if row.post is not None:
            return replace(row, post=await self._store.post(row.post.id) or row.post)
        if row.case is not None:
            return replace(row, case=await self._store.case(row.case.id) or row.case)
        message = await self._store.message(MessageKey.parse(row.anchor.key))
        return replace(row, message=message or row.message)

    async def _scroll(self, by: int) -> int:
        """Move the page, the cursor staying on its row if it can; return by how many rows it moved."""
        rows = self.page.rows
        if not rows or by == 0:
            return 0
        if by > 0:
            window = await self._store.window(self.view, limit=by, after=rows[-1].anchor, as_of=self._as_of)
            found = window.rows
            shown = (*rows, *found)[-self._height :]
            moved = len(rows) + len(found) - len(shown)
        else:
            window = await self._store.window(self.view, limit=-by, before=rows[0].anchor, as_of=self._as_of)
            found = window.rows
            shown = (*found, *rows)[: self._height]
            moved = -len(found)
        self.page = replace(
            self.page, rows=shown, cursor=self.page.cursor - moved, offset=max(self.page.offset + moved, 0)
        )
        return moved

    def _set_cursor(self, cursor: int) -> None:
        self.page = replace(self.page, cursor=min(max(cursor, 0), max(len(self.page.rows) - 1, 0)))

    async def _show(self, rows: tuple[Row, ...], cursor: int) -> None:
        counts = await self._store.counts(self.view, as_of=self._as_of)
        offset = 0
        if rows:
            offset = await self._store.position(self.view, rows[0].anchor, as_of=self._as_of)
        self.page = Page(
            rows=rows,
            cursor=min(max(cursor, 0), max(len(rows) - 1, 0)),
            offset=offset,
            total=max(counts.shown, offset + len(rows)),
            waiting=counts.waiting,
        )


def _is_unanswered(row: Row) -> bool:
    return (
        row.entry is None
        and row.message is not None
        and not row.message.ours
        and row.message.standing.state is MessageState.NEW
    )
