"""One post of ours, as each network will show it, with what the rules say and what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from majlis.commands import (
    ApprovePost,
    DiscardPost,
    RejectPost,
    SchedulePost,
    SubmitPost,
    WithdrawPost,
    WritePost,
)
from majlis.errors import MajlisError, NotFound, WrongState
from majlis.judging import warned
from majlis.pictures import Picture, media_type_of
from majlis.publishing import CAN_POST, Post, PostKind, PostTarget, Version, default_version
from majlis.states import POST_TABLE, PostState
from tui.keymap import Place, bindings
from tui.language import _, code, word
from tui.screens.dialogs import AskScreen, LineScreen, PickScreen
from tui.screens.scrolled import ScrolledScreen
from tui.widgets.post import post_lines

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.strip import Strip

    from majlis.message import Message
    from majlis.outcome import PostReview
    from majlis.policy import Policy
    from tui.keymap import Key


def every_target(policy: Policy) -> tuple[PostTarget, ...]:
    """Return where a new post is to stand: every account that knows posts, served as its network is as a rule."""
    return tuple(
        PostTarget(account=account, network=network, version=default_version(network))
        for account, network in policy.accounts.items()
        if network in CAN_POST
    )


def content_of(post: Post, **changes: Any) -> WritePost:
    """Return the command that writes a post as it is, but for some changes."""
    same = WritePost(
        post=post.id,
        kind=post.kind,
        arabic=post.arabic,
        english=post.english,
        link=post.link,
        pictures=post.pictures,
        targets=post.targets,
    )
    return replace(same, **changes)


EVERY: Final = frozenset(PostState)


def _confirmed_for(post: Post) -> tuple[object, ...]:
    """Return what a confirmed warning was about, and what was confirmed by whoever submitted it."""
    return post.arabic, post.english, post.link, post.pictures, post.targets, post.acknowledged


def _step(key: Key) -> str:
    """Return the row of the state table that a key takes a post through; another key's is in no table."""
    step = key.id.removeprefix("post.")
    return "write" if step == "edit" else step


class PostScreen(ScrolledScreen[None]):
    """Shows a post and moves it on."""

    PLACE = Place.POST
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.POST)]

    def __init__(self, post: Post) -> None:
        super().__init__()
        self._post = post
        self._review: PostReview | None = None
        self._acknowledged: tuple[str, ...] = post.acknowledged
        self._is_gone = False
        """Whether somebody has put the post away; the place closes as soon as nothing lies on it."""

    def title_text(self) -> str:
        """Return the name of the place."""
        return _("Post")

    def footer_keys(self) -> list[Key]:
        """Return the keys of the footer, without the steps that a post in this state cannot take."""
        return [key for key in super().footer_keys() if self._post.state in POST_TABLE.get(_step(key), EVERY)]

    def target(self) -> Message | None:
        """Return nothing: a post answers nobody."""
        return None

    async def on_mount(self) -> None:
        """Look."""
        await self.acted()

    async def acted(self) -> None:
        """Read the post again."""
        try:
            review = await self.session.desk.review_post(self._post.id, self._acknowledged)
            if _confirmed_for(review.post) != _confirmed_for(self._post):
                self._acknowledged = review.post.acknowledged  # what was confirmed here was about other words
                review = await self.session.desk.review_post(self._post.id, self._acknowledged)
        except NotFound:
            self._is_gone = True
            self._leave_if_gone()
            return
        except MajlisError as error:
            self.majlis.tell_problem(error)
            return
        self._review, self._post = review, review.post
        self.redraw()

    def _leave_if_gone(self) -> None:
        if self._is_gone and self.is_active:
            self.dismiss(None)

    def on_screen_resume(self) -> None:
        """Close when the post was put away while something lay on top."""
        self._leave_if_gone()

    async def changed(self, keys: frozenset[str]) -> None:
        """Read it again when it, or what goes out for it, has changed."""
        if self._post.id in keys or keys & set(self._post.entries):
            await self.acted()

    def lines(self, width: int) -> list[Strip]:
        """Return the post."""
        if self._review is None:
            return []
        now, policy = self.session.clock.now(), self.session.desk.policy
        said = {finding.rule: policy.rules.text(finding, code()) for finding in self._review.findings}
        return post_lines(self._review, width, now, policy.hours, said=said, acknowledged=self._acknowledged)

    def action_back(self) -> None:
        """Go back to the list."""
        self.dismiss(None)

    # ---------------------------------------------------------------------------------------------------------- writing

    async def action_post_edit(self) -> None:
        """Change the words, where the post's state lets them be changed."""
        if self._post.state not in POST_TABLE["write"]:
            self.majlis.tell_problem(WrongState(action="write", state=self._post.state, subject=self._post.id))
            return
        from tui.screens.draft import DraftScreen  # noqa: PLC0415  the editor costs the start 30 ms

        async def written(_result: None) -> None:
            await self.acted()

        await self.majlis.push_screen(DraftScreen(self._post), written)

    async def _change(self, **changes: Any) -> None:
        await self.do(content_of(self._post, **changes))

    async def action_post_kind(self) -> None:
        """Pick what it is about."""

        async def picked(choice: int | None) -> None:
            if choice is not None:
                await self._change(kind=tuple(PostKind)[choice])

        await self.majlis.push_screen(PickScreen(_("What is it?"), [word(kind) for kind in PostKind]), picked)

    async def action_post_targets(self) -> None:
        """Put an account in or take it out, in one language or both."""
        choices = [
            PostTarget(account=account, network=network, version=version)
            for account, network in self.session.desk.policy.accounts.items()
            if network in CAN_POST
            for version in Version
        ]

        async def picked(choice: int | None) -> None:
            if choice is None:
                return
            one = choices[choice]
            kept = tuple(each for each in self._post.targets if each != one)
            await self._change(targets=kept if one in self._post.targets else (*kept, one))

        options = [
            f"[{'x' if each in self._post.targets else ' '}] {each.account} · {word(each.version)}" for each in choices
        ]
        await self.majlis.push_screen(PickScreen(_("Where is it to stand?"), options), picked)

    async def action_post_link(self) -> None:
        """Give the page it points to; an empty line takes it away."""

        async def answered(text: str | None) -> None:
            if text is not None and text != (self._post.link or ""):
                await self._change(link=text or None)

        hint = _("The whole address; an empty line takes it away.")
        await self.majlis.push_screen(LineScreen(_("Link"), hint, self._post.link or ""), answered)

    async def action_post_picture(self) -> None:
        """Add a picture of this machine; an empty line takes all away."""

        async def answered(text: str | None) -> None:
            if text is None:
                return
            if not text:
                await self._change(pictures=())
                return
            await self._add(text)

        hint = _("A file of this machine: JPEG, PNG, GIF or WebP; an empty line takes the pictures away.")
        await self.majlis.push_screen(LineScreen(_("Picture"), hint), answered)

    async def _add(self, name: str) -> None:
        try:
            data = await asyncio.to_thread(lambda: Path(name).expanduser().read_bytes())
            media_type = media_type_of(data)
            digest = await self.session.store.keep_picture(data, media_type)
        except OSError as error:
            self.majlis.tell(f"{name}: {error.strerror}", look="problem")
            return
        except MajlisError as error:
            self.majlis.tell_problem(error)
            return

        async def described(alt: str | None) -> None:
            picture = Picture(digest=digest, media_type=media_type, alt=alt or "")
            await self._change(pictures=(*self._post.pictures, picture))

        hint = _("What it shows, for those who cannot see it.")
        await self.majlis.push_screen(LineScreen(_("Description"), hint), described)

    # -------------------------------------------------------------------------------------------------------- moving on

    async def action_confirm(self, number: str) -> None:
        """Confirm a warning, or take that back."""
        findings = self._review.findings if self._review is not None else ()
        rules = warned(findings)
        index = int(number) - 1
        if index < len(rules):
            rule = rules[index]
            known = self._acknowledged
            self._acknowledged = tuple(each for each in known if each != rule) if rule in known else (*known, rule)
            await self.acted()

    async def action_post_submit(self) -> None:
        """Say that it is ready."""
        await self.do(SubmitPost(post=self._post.id, acknowledged=self._acknowledged))

    async def action_post_approve(self) -> None:
        """Approve it as it stands."""
        await self.do(ApprovePost(post=self._post.id))

    async def action_post_reject(self) -> None:
        """Give it back, with a reason."""
        hint = _("The author reads this; what has to be different?")
        await self.ask_line(_("Reject"), hint, lambda text: RejectPost(post=self._post.id, reason=text))

    async def action_post_schedule(self) -> None:
        """Let it go out: now, or at a time inside service hours."""

        async def answered(text: str | None) -> None:
            if text is None:
                return
            at = self._time(text)
            if text and at is None:
                self.majlis.tell(_("Not a time: {text}. Write it like 2026-11-29 09:00.", text=text), look="problem")
                return
            await self.do(SchedulePost(post=self._post.id, at=at))

        hint = _("Local time, like 2026-11-29 09:00; an empty line lets it go out now.")
        await self.majlis.push_screen(LineScreen(_("When?"), hint), answered)

    def _time(self, text: str) -> datetime | None:
        try:
            local = datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  the calendar's zone is put to it
        except ValueError:
            return None
        hours = self.session.desk.policy.hours
        offset = hours.local(local.replace(tzinfo=UTC)).utcoffset()
        return (local - offset).replace(tzinfo=UTC) if offset is not None else None

    async def action_post_withdraw(self) -> None:
        """Call it back."""
        await self.do(WithdrawPost(post=self._post.id))

    async def action_post_discard(self) -> None:
        """Put it away for good, after asking."""

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.do(DiscardPost(post=self._post.id))

        ask = AskScreen(_("Put the post away?"), _("It leaves the calendar for good; the history keeps it."))
        await self.majlis.push_screen(ask, answered)
