"""The verbs of publishing: post list, show, write, submit, approve, reject, schedule, withdraw, discard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.commands import (
    ApprovePost,
    Command,
    DiscardPost,
    RejectPost,
    SchedulePost,
    SubmitPost,
    WithdrawPost,
    WritePost,
)
from majlis.errors import Blocked, NoSuchPost, Unconfirmed, UnknownAccount
from majlis.pictures import Picture, media_type_of
from majlis.ports import ViewName
from majlis.publishing import PostKind, PostTarget, Version, default_version
from tui import language, wiring
from tui.cli.acting import desk_verb, instant, report
from tui.cli.parser import Usage
from tui.cli.reading import entry_value, listed, narrowing, post_value
from tui.cli.texts import text_arguments, text_of
from tui.cli.verbs import Verb
from tui.language import N_, _, retold, word
from tui.times import when

if TYPE_CHECKING:
    from argparse import Namespace

    from majlis.outcome import PostReview
    from majlis.publishing import Outgoing, Post
    from tui.cli.call import Call
    from tui.cli.output import Printer
    from tui.cli.parser import Parser
    from tui.wiring import Desktop

_EXAMPLE = "post-7f3a"


def _list(call: Call, options: Namespace) -> int:
    return asyncio.run(listed(call, options, ViewName.CALENDAR))


# ---------------------------------------------------------------------------------------------------------------- show


def _post_argument(parser: Parser) -> None:
    parser.take("post", _("its name, as post list shows it"))


def _show(call: Call, options: Namespace) -> int:
    return asyncio.run(_shown(call, options))


async def _shown(call: Call, options: Namespace) -> int:
    async with wiring.desktop(call.settings) as desktop:
        review = await desktop.desk.review_post(options.post)
    if call.printer.json:
        call.printer.value(_review_value(review))
    else:
        _print(call.printer, review, desktop)
    return 0


def _review_value(review: PostReview) -> dict[str, Any]:
    return post_value(review.post) | {
        "shown": [
            {
                "target": str(each.target),
                "text": each.text,
                "link": each.link,
                "length": each.length,
                "limit": each.limit,
                "rules": sorted({finding.rule for finding in each.findings}),
            }
            for each in review.shown
        ],
        "lacking": review.lacking,
        "blocked": review.blocked,
        "unconfirmed": list(review.unconfirmed),
        "entries": [entry_value(entry) for entry in review.entries],
    }


def _print(printer: Printer, review: PostReview, desktop: Desktop) -> None:
    post, now, hours = review.post, desktop.clock.now(), desktop.desk.policy.hours
    at = when(post.publish_at, now, hours) if post.publish_at else ""
    printer.line("  ".join(part for part in (post.id, word(post.kind), word(post.state), at) if part))
    for each in review.shown:
        printer.line()
        _print_target(printer, each)
    for rule, text in _said(review, desktop):
        printer.line()
        printer.paragraph(f"{rule}: {text}")
    if review.lacking is not None:
        printer.line(word(review.lacking))
    printer.line()
    for step in post.steps:
        printer.line(f"{word(step.step)}  {step.by}  {when(step.at, now, hours)}")
        if step.text:
            printer.paragraph(step.text, indent=4)
    for entry in review.entries:
        printer.line(
            f"{entry.account}  {word(entry.state)}  {entry.receipt.link or '' if entry.receipt else ''}".rstrip()
        )
        if entry.problem:
            printer.paragraph(retold(entry.problem), indent=4)


def _print_target(printer: Printer, shown: Outgoing) -> None:
    target = shown.target
    length = _("{length} of {limit} as the network counts", length=shown.length, limit=shown.limit)
    printer.line(f"{target.account}  {word(target.version)}  {length}")
    printer.paragraph(shown.text, indent=4)
    if shown.link:
        printer.line(f"    {shown.link}")


def _said(review: PostReview, desktop: Desktop) -> list[tuple[str, str]]:
    rules = desktop.desk.policy.rules
    said = {finding.rule: rules.text(finding, language.code()) for finding in review.findings}
    return list(said.items())


# --------------------------------------------------------------------------------------------------------------- write


def _write_arguments(parser: Parser) -> None:
    parser.option("--post", metavar="POST", about=_("change this one; what is not given stays as it is"))
    parser.option(
        "--kind",
        choices=[str(kind) for kind in PostKind],
        metavar="KIND",
        about=_("what it is: {kinds}", kinds=", ".join(PostKind)),
    )
    parser.option("--ar", metavar="TEXT", about=_("the Arabic text"))
    parser.option("--en", metavar="TEXT", about=_("the English text"))
    parser.option("--link", metavar="URL", about=_("the page it points to"))
    parser.option(
        "--picture",
        action="append",
        default=[],
        metavar="FILE",
        about=_("a picture that goes with it; may be repeated"),
    )
    parser.option("--alt", action="append", default=[], metavar="TEXT", about=_("what the picture shows, in its turn"))
    parser.option(
        "--to",
        action="append",
        default=[],
        metavar="ACCOUNT[:ar|en|both]",
        about=_("where it is to stand; may be repeated"),
    )


def _write(call: Call, options: Namespace) -> int:
    return asyncio.run(_written(call, options))


async def _written(call: Call, options: Namespace) -> int:
    async with wiring.desktop(call.settings) as desktop:
        before = await desktop.store.post(options.post) if options.post else None
        if options.post and before is None:
            raise NoSuchPost(subject=options.post)
        pictures = [await _kept(desktop, name, options, n) for n, name in enumerate(options.picture)]
        targets = tuple(_target(text, desktop) for text in options.to)
        command = WritePost(
            post=options.post,
            kind=PostKind(options.kind or (before.kind if before else PostKind.NEWS)),
            arabic=_either(options.ar, before.arabic if before else ""),
            english=_either(options.en, before.english if before else ""),
            link=_link(options, before),
            pictures=tuple(pictures) or (before.pictures if before else ()),
            targets=targets or (before.targets if before else ()),
        )
        return report(call, await desktop.desk.do(command), desktop)


def _either(given: str | None, before: str) -> str:
    return before if given is None else given


def _link(options: Namespace, before: Post | None) -> str | None:
    if options.link is None:
        return before.link if before else None
    return str(options.link) or None


async def _kept(desktop: Desktop, name: str, options: Namespace, number: int) -> Picture:
    """Keep a picture of this machine in the store."""
    try:
        data = await asyncio.to_thread(Path(name).read_bytes)
    except OSError as error:
        raise Usage(detail=f"{name}: {error.strerror}", verb="post write") from error
    media_type = media_type_of(data)
    digest = await desktop.store.keep_picture(data, media_type)
    alt = options.alt[number] if number < len(options.alt) else ""
    return Picture(digest=digest, media_type=media_type, alt=alt)


def _target(text: str, desktop: Desktop) -> PostTarget:
    account, _colon, version = text.partition(":")
    network = desktop.desk.policy.accounts.get(account)
    if network is None:
        raise UnknownAccount(subject=account)
    if version and version not in set(Version):
        raise Usage(detail=_("not a language: {text}", text=version), verb="post write")
    return PostTarget(
        account=account, network=network, version=Version(version) if version else default_version(network)
    )


# ------------------------------------------------------------------------------------------------------------- the rest


def _submit(call: Call, options: Namespace) -> int:
    return asyncio.run(_submitted(call, options))


async def _submitted(call: Call, options: Namespace) -> int:
    async with wiring.desktop(call.settings) as desktop:
        command = SubmitPost(post=options.post, acknowledged=tuple(options.ack))
        try:
            return report(call, await desktop.desk.do(command), desktop)
        except (Blocked, Unconfirmed) as error:
            review = await desktop.desk.review_post(options.post)
            more = [f"  {rule}: {text}" for rule, text in _said(review, desktop)]
            call.printer.problem(error, more, {"rules": sorted({finding.rule for finding in review.findings})})
            return error.exit_code


def _submit_arguments(parser: Parser) -> None:
    _post_argument(parser)
    parser.option("--ack", action="append", default=[], metavar="RULE", about=_("confirm a warning; may be repeated"))


def _reject_arguments(parser: Parser) -> None:
    _post_argument(parser)
    text_arguments(parser)


def _schedule_arguments(parser: Parser) -> None:
    _post_argument(parser)
    parser.option("--at", metavar="TIME", about=_("when, with its zone; default: now"))


def _scheduled(_call: Call, options: Namespace) -> Command:
    return SchedulePost(post=options.post, at=instant(options.at, "post schedule") if options.at else None)


def _simple(command: Callable[[str], Command], about: str, example: str) -> Verb:
    return desk_verb(lambda _call, options: command(options.post), _post_argument, about, example)


VERBS = {
    "post list": Verb(
        run=_list,
        arguments=narrowing,
        about=N_("Those with a time come first. In a pipe: name, state, time, text, parted by tabs."),
        examples=("majlis post list",),
    ),
    "post show": Verb(
        run=_show,
        arguments=_post_argument,
        about=N_("Text and length for each account, what the rules say, and each network's outcome."),
        examples=(f"majlis post show {_EXAMPLE}",),
    ),
    "post write": Verb(
        run=_write,
        arguments=_write_arguments,
        about=N_("Any change makes it a draft again, and voids what was approved."),
        examples=(
            "majlis post write --kind news --ar '…' --en '…' --to ministry-facebook --to ministry-x:ar",
            f"majlis post write --post {_EXAMPLE} --en '…'",
        ),
    ),
    "post submit": Verb(
        run=_submit,
        arguments=_submit_arguments,
        about=N_("The rules are asked for every account; a warning is confirmed with --ack."),
        examples=(f"majlis post submit {_EXAMPLE}",),
    ),
    "post approve": _simple(
        lambda post: ApprovePost(post=post),
        N_("Nobody approves what they have written themselves."),
        f"majlis post approve {_EXAMPLE}",
    ),
    "post reject": desk_verb(
        lambda call, options: RejectPost(post=options.post, reason=text_of(call, options)),
        _reject_arguments,
        "",
        f"majlis post reject {_EXAMPLE} 'the date is wrong'",
    ),
    "post schedule": desk_verb(
        _scheduled,
        _schedule_arguments,
        N_("Accounts that have it are left alone: after a failure this tries only the others again."),
        f"majlis post schedule {_EXAMPLE}",
        f"majlis post schedule {_EXAMPLE} --at 2026-11-29T09:00+04:00",
    ),
    "post withdraw": _simple(
        lambda post: WithdrawPost(post=post),
        N_("Works while it is not out."),
        f"majlis post withdraw {_EXAMPLE}",
    ),
    "post discard": _simple(
        lambda post: DiscardPost(post=post),
        "",
        f"majlis post discard {_EXAMPLE}",
    ),
}
