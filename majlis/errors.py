"""What can go wrong, split by what the caller does next.

::

    MajlisError                 what happened, what is safe, what to do next
    ├── Wait                    nothing was done; try again later
    │   ├── Busy                a service says: not now (the wait is given)
    │   ├── StoreBusy           another process writes for too long
    │   ├── StoreInUse          a file is to be replaced, and somebody has it open
    │   ├── DiskFull            the store cannot grow; reading goes on
    │   ├── StoreUnreachable    nobody answers at the other end of the line
    ├── Ask                     a person has to decide
    │   ├── Conflict            a colleague was faster
    │   │   ├── Held            and holds the message now
    │   │   └── HeldByAnother   not as it was when it was to be taken over
    │   ├── StillWriting        a colleague is typing, and is left in peace
    │   ├── NotAllowed          the role does not allow it
    │   │   └── Covered         contact data that opens for the claim's holder and a supervisor
    │   ├── RefusedByServer     the database server does not let this role do it
    │   ├── WrongState          the state table has no such row
    │   ├── OwnPost             nobody approves what they have written
    │   ├── Unready             a post lacks something for this step
    │   ├── NotOffered          the network has no such thing
    │   ├── Blocked             conduct rules refuse the text
    │   ├── Unconfirmed         warnings wait for a key
    │   ├── OutsideHours        service hours are over (or not yet begun)
    │   │   └── PostOutsideHours  the same for a post of ours, which takes another time
    │   ├── NeedsNote           the reason needs a line for the colleague
    │   ├── ReasonTooShort      what stays in the history says too little
    │   ├── NotAnOfficialContact  no contact of that kind
    │   ├── EmptyText           there is nothing to send
    │   ├── NothingToUndo       no local action is left to take back
    │   ├── NotFound            no such thing in the store
    │   │   ├── NoSuchPost      nor such a post
    │   │   ├── NoSuchCase      nor such a case
    │   │   ├── NotEscalated    nor a case of this message
    │   │   ├── NoSuchSnippet   nor such a saved reply
    │   │   ├── NoSuchContact   nor such an official contact
    │   │   ├── NoSuchPicture   nor the bytes of a picture
    │   │   ├── UnknownAccount  nor such an account of ours
    │   │   ├── NotOneOf        a word that is none of a list
    │   │   ├── NobodyThere     nobody of that name has written
    │   │   ├── NothingThere    no message of that kind or time
    │   │   └── NoInbox         no inbox at all
    │   ├── NeedsSignIn         a token is dead; the account waits
    │   ├── StoreInDoubt        the line broke while a change was being kept
    │   └── Unknown             it may have happened; look before doing it again
    ├── GiveUp                  no retry will help
    │   ├── Refused             a service's final no
    │   │   └── NotAnswerable   to answering this very message; there are other ways to the person
    │   ├── Gone                deleted, or hidden, upstream
    │   ├── Malformed           a service's answer that is no answer
    │   ├── DuplicateKey        a natural key exists already
    │   ├── StoreFault          the store is not as it was left: nothing is written, and the last backup is named
    │   │   ├── StoreDamaged    the file fails SQLite's own check
    │   │   ├── StoreReplaced   the file that is open is no longer the one at its path
    │   │   │   └── StoreRescued  and what was open is saved beside it
    │   │   ├── StoreLogRemoved   one of the files that belong to it was taken away
    │   │   └── StoreRolledBack   changes that were acknowledged are not in it
    │   ├── NotAStore           the file is something else
    │   ├── SchemaNewer         written by a newer Majlis
    │   ├── StoreMoved          the inbox was carried to another store
    │   ├── StoreUnfinished     an inbox was to be carried into it, and was not
    │   ├── CannotMove          an inbox that cannot be carried there
    │   ├── StoreReadOnly       file or folder cannot be written
    │   ├── WrongModes          others could read or spoil it, or colleagues could not use it
    │   ├── StoreOnNetworkFilesystem   file locks cannot be trusted there
    │   ├── LibraryTooOld       SQLite with the WAL-reset race
    │   ├── ServerUnfit         a database server that cannot keep a store
    │   ├── DriverMissing       PostgreSQL's driver is not installed
    │   ├── BadImport           a file that cannot be imported
    │   ├── BadBackup           a file that is no sound backup
    │   ├── AlreadyThere        a file that is not replaced unasked
    │   ├── NotOfThisKind       a kind of store that keeps its backups itself
    │   ├── PictureTooBig       more than the networks take
    │   ├── NotAPicture         no form of picture that the networks take
    │   └── BadSettings         a settings file that says something unknown
    └── Bug                     report it

Each class carries one English template per part. Templates are catalogue ids: a screen translates them and fills in
`facts`; `str(error)` is the English text. Facts name accounts, ids and paths, never a token or a person's words.
"""

from __future__ import annotations

from typing import ClassVar


class MajlisError(Exception):
    """Anything Majlis reports to a person: what happened, what is safe, what to do next."""

    happened: ClassVar[str] = "Something went wrong."
    """Template: the fact."""
    safe: ClassVar[str] = "Nothing was changed."
    """Template: what the person need not worry about."""
    advice: ClassVar[str] = ""
    """Template: the next step; empty where there is none."""
    exit_code: ClassVar[int] = 1
    """Of the command line; stable."""

    def __init__(self, **facts: object) -> None:
        super().__init__(facts)
        self.facts: dict[str, object] = facts
        """Values for the templates."""

    @property
    def templates(self) -> tuple[str, ...]:
        """The parts that say something, in reading order."""
        return tuple(part for part in (self.happened, self.safe, self.advice) if part)

    def __str__(self) -> str:
        return " ".join(fill(part, self.facts) for part in self.templates)


class _Kept(dict[str, object]):
    """Facts that leave an unknown slot as it stands."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def fill(template: str, facts: dict[str, object]) -> str:
    """Fill a template; a slot without a fact stays visible and is never an error."""
    return template.format_map(_Kept(facts))


class Wait(MajlisError):
    """Nothing was done; trying later can help."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


LONGEST_WAIT_S = 48 * 3600.0
"""Whoever asks us to wait for longer, or for ever, is asked again after two days."""


class Busy(Wait):
    """A service asks us to wait. Facts: account, wait_s, reason."""

    happened = "{account}: the service asks us to wait ({reason})."
    safe = "Nothing was lost; what waits here is kept."
    advice = "The next attempt is in {wait_s} s, by itself."

    def __init__(self, *, wait_s: float, account: str, reason: str = "", **facts: object) -> None:
        self.wait_s = min(wait_s, LONGEST_WAIT_S)
        """Seconds until the next attempt makes sense."""
        super().__init__(account=account, wait_s=round(self.wait_s), reason=reason or "limit", **facts)


class StoreBusy(Wait):
    """Another process held the store's write lock for too long. Facts: path, wait_s."""

    happened = "Another process has been writing to {path} for more than {wait_s} s."
    advice = "Try again; if it stays so, `majlis doctor` names the process."


class StoreInUse(Wait):
    """A store is to be replaced, and some process has it open. Facts: path."""

    happened = "{path} is open in another Majlis."
    advice = "Close it everywhere, majlis poll and majlis send too, then do it again."


class DiskFull(Wait):
    """No room for the write. Facts: path."""

    happened = "The disk is full: {path} cannot grow."
    safe = "This change was not kept; everything before it is safe, and reading goes on."
    advice = "Free some space, then do it again."


class StoreUnreachable(Wait):
    """The database server does not answer, or the line to it was cut. Facts: path, detail."""

    happened = "The store {path} cannot be reached: {detail}."
    safe = "What was being written was not kept; everything before it is safe."
    advice = "Majlis connects again by itself; do it again then. If it stays so, ask who looks after the database."


class Ask(MajlisError):
    """A person has to decide."""

    exit_code = 3


class Conflict(Ask):
    """A colleague was faster, or the thing changed since it was read. Facts: subject, colleague."""

    happened = "{colleague} was faster: it has changed since you looked."
    safe = "Nothing was changed, and no words are lost."
    advice = "Look at it again, then decide."


class Held(Conflict):
    """A colleague holds the message. Facts: subject, colleague, since, until (local times)."""

    happened = "{colleague} holds this message, since {since}."
    safe = "Nothing was changed."
    advice = (
        "It is free at {until} unless {colleague} goes on. To take it over with a reason: c on the screen, "
        "majlis claim --take-over on the command line."
    )


class HeldByAnother(Held):
    """Another colleague has it, or the same one anew, since it was to be taken over. Facts: as Held; expected."""

    happened = (
        "Not taken over from {expected}: the claim has changed meanwhile. It is {colleague} who holds this message "
        "now, since {since}."
    )


class StillWriting(Ask):
    """A colleague is typing an answer just now. Facts: colleague, minutes."""

    happened = "{colleague} is writing an answer just now."
    advice = (
        "A supervisor can take over at once; everybody else when {colleague} has typed nothing for {minutes} minutes."
    )


class Either(tuple[object, ...]):
    """Things of which one will do."""

    __slots__ = ()

    def __str__(self) -> str:
        return " or ".join(map(str, self))


class NotAllowed(Ask):
    """The role does not allow it. Facts: action, role (all that do)."""

    happened = "Your role does not allow this ({action})."
    advice = "It needs the role: {role}."
    exit_code = 77  # EX_NOPERM

    def __init__(self, *, action: str, role: str | Either) -> None:
        super().__init__(action=action, role=role if isinstance(role, Either) else Either((role,)))


class Covered(NotAllowed):
    """Contact data of a person that does not open for this operator. Facts: action, role."""

    happened = "What is covered opens for whoever has claimed the message, and for a supervisor."
    advice = "Claim it first."


class RefusedByServer(Ask):
    """The database server does not let the role of this session do it. Facts: path, detail."""

    happened = "The server of {path} refused this: {detail}."
    safe = "Nothing was changed."
    advice = "If you should be allowed to: whoever looks after the database adds your role to the right group."
    exit_code = 77


class WrongState(Ask):
    """The state table has no such row. Facts: action, state, subject."""

    happened = "“{action}” does not apply here: the state is {state}."
    exit_code = 4


class OwnPost(Ask):
    """Nobody approves what they have written. Facts: subject."""

    happened = "You have written this post yourself, or a part of it."
    advice = "Somebody else approves it, or rejects it with a reason."
    exit_code = 77


class Unready(Ask):
    """A post is not ready for this step. Facts: detail."""

    happened = "The post is not ready: {detail}."
    safe = "It is kept as it is."
    exit_code = 4


class NotOffered(Ask):
    """The network has no such thing. Facts: action, network."""

    happened = "{network} does not offer this ({action})."
    exit_code = 4


class Blocked(Ask):
    """Conduct rules refuse the text. Facts: rules. `findings` holds them with their spans."""

    happened = "The text cannot go out as it is ({rules})."
    safe = "Nothing was sent; the draft is kept."
    advice = "Take the marked part out, or use the official contact."
    exit_code = 5

    def __init__(self, *, findings: tuple[object, ...], rules: str) -> None:
        super().__init__(rules=rules)
        self.findings = findings
        """`conduct.Finding`s, the blocking ones first."""


class Unconfirmed(Ask):
    """Warnings wait for a key. Facts: rules. `findings` holds them."""

    happened = "Warnings are not confirmed yet ({rules})."
    safe = "Nothing was sent; the draft is kept."
    advice = "Confirm each one, or change the text."
    exit_code = 5

    def __init__(self, *, findings: tuple[object, ...], rules: str) -> None:
        super().__init__(rules=rules)
        self.findings = findings
        """`conduct.Finding`s that nobody acknowledged."""


class OutsideHours(Ask):
    """Service hours are over, or have not begun. Facts: next_open."""

    happened = "Service hours are over; they begin again {next_open}."
    safe = "Nothing was sent; the draft is kept."
    advice = "Let it wait for the opening (queue), or give a reason to send it now (override)."
    exit_code = 5


class PostOutsideHours(OutsideHours):
    """A post is to go out when service hours are over. Facts: next_open."""

    safe = "Nothing was sent; the post is kept."
    advice = "Give it a time inside service hours: t on the screen, --at on the command line."


class NeedsNote(Ask):
    """The escalation reason needs a line for the colleague. Facts: reason."""

    happened = "This reason needs a note ({reason})."
    advice = "Write one line for your colleague: what does this person need?"


class ReasonTooShort(Ask):
    """What stays in the history for good has to say why. Facts: least (characters)."""

    happened = "This needs a reason of at least {least} characters."
    advice = "Say why, without naming the person: it stays in the history."


class NotAnOfficialContact(Ask):
    """What is to be put on the allowlist is no contact of that kind. Facts: kind, value."""

    happened = "“{value}” is no official contact of this kind ({kind})."
    advice = "Kinds: domains, emails, phones, emergency_numbers, po_boxes, handles, partner_handles, pages."


class EmptyText(Ask):
    """There is nothing to send."""

    happened = "There is no text yet."
    advice = "Write the answer first."


class NothingToUndo(Ask):
    """No local action is left to take back."""

    happened = "There is nothing left to undo."
    advice = "What has gone out is taken back on the network itself."
    exit_code = 4


class NotFound(Ask):
    """No such thing in the store. Facts: subject."""

    happened = "There is no {subject} in this store."
    advice = "What there is: majlis list --view all"
    exit_code = 6


class NoSuchPost(NotFound):
    """No such post of ours. Facts: subject."""

    happened = "There is no post {subject}."
    advice = "What there is: majlis post list"


class NoSuchCase(NotFound):
    """No such case of customer service. Facts: subject."""

    happened = "There is no case {subject}."
    advice = "What there is: majlis case list"


class NotEscalated(NotFound):
    """A message of which no case was made. Facts: subject."""

    happened = "No case was made of {subject}."
    advice = "What there is: majlis case list"


class NoSuchSnippet(NotFound):
    """No such saved reply. Facts: subject."""

    happened = "There is no saved reply “{subject}”."
    advice = "What there is: majlis snippet list"


class NoSuchContact(NotFound):
    """Not among the official contacts that were added. Facts: subject."""

    happened = "“{subject}” is not among the contacts that were added."
    advice = "What there is: majlis official list"


class UnknownAccount(NotFound):
    """No account of ours. Facts: subject."""

    happened = "None of our accounts is called “{subject}”."
    advice = "What there is: majlis doctor --offline"


class NoSuchPicture(NotFound):
    """The bytes of a picture are gone. Facts: subject."""

    happened = "The picture {subject} is no longer kept."
    advice = "Add it to the post again."


class NotOneOf(NotFound):
    """A word that is none of a list. Facts: subject, known."""

    happened = "“{subject}” is none of these: {known}."
    advice = ""


class NobodyThere(NotFound):
    """Nobody of that name has written. Facts: subject."""

    happened = "Nobody has written here as {subject}."
    advice = "Name a message of theirs instead; what there is: majlis list --view all"


class NothingThere(NotFound):
    """No message of that kind or time. Facts: subject."""

    happened = "There are no such messages ({subject})."
    advice = "Look at --since, --until and the name; what there is: majlis list --view all"


class NoInbox(NotFound):
    """No inbox at that place. Facts: subject."""

    happened = "There is no inbox {subject}."
    advice = "Name it with --store, or in the site file; majlis config show says which is in force and why."


class NeedsSignIn(Ask):
    """A token is dead or absent. Facts: account, network."""

    happened = "{account}: the sign-in has ended."
    safe = "Nothing is lost: what waits to be sent is kept, and the gap is read afterwards."
    advice = "Sign in again: majlis login {network} --account {account}"


class StoreInDoubt(Ask):
    """The line broke after a change was handed over, before the server said that it is kept.

    Facts: path, detail, and `mark`, by which the store finds out later what became of it.
    """

    happened = "The line to {path} broke while a change was being kept: {detail}."
    safe = "All of the change was kept, or nothing of it; everything before it is safe."
    advice = "Look whether it is there before you do it again."


class Unknown(Ask):
    """A write whose outcome nobody knows. Facts: account, what."""

    happened = "{account}: it is not known whether this went out ({what})."
    safe = "It is not sent again by itself."
    advice = "Majlis looks for it among our own items and says what it finds."


class GiveUp(MajlisError):
    """No retry will help."""


class Refused(GiveUp):
    """A service's final no. Facts: account, reason, code."""

    happened = "{account}: the service refused this ({reason})."
    safe = "Nothing was sent; the text is kept."
    advice = "Change it, or take another way: a private message, or customer service."
    exit_code = 7


class NotAnswerable(Refused):
    """A network does not let us answer this message; others may be answered. Facts: account, reason, code."""

    happened = "{account}: the network does not let us answer this one ({reason})."
    safe = "Your text is kept as a draft; nothing was sent."
    advice = "Write to the person privately, or hand it to customer service."


class Gone(GiveUp):
    """The thing is deleted, or hidden from us, upstream. Facts: account, subject."""

    happened = "{account}: {subject} is no longer there."
    exit_code = 6


class Malformed(GiveUp):
    """An answer that is no answer: not JSON, or of another shape. Facts: account, what."""

    happened = "{account}: the service's answer cannot be read ({what})."
    advice = "It is tried again later; `majlis doctor` shows more."


class DuplicateKey(GiveUp):
    """A natural key exists already. Facts: table, key."""

    happened = "{table} already holds {key}."


class StoreFault(GiveUp):
    """The store is not as it was left. Facts: path; backup, backup_at, backup_rev where a backup is known."""

    safe = "Nothing was written to it."
    backed_up: ClassVar[str] = "The last backup is {backup}, of {backup_at}, up to revision {backup_rev}."
    """Template: where there is one."""
    exit_code = 65  # EX_DATAERR

    @property
    def templates(self) -> tuple[str, ...]:
        """The parts that say something, the last backup among them."""
        return (*super().templates, *((self.backed_up,) if "backup" in self.facts else ()))


class StoreDamaged(StoreFault):
    """The file fails SQLite's own check, or was cut or overwritten. Facts: path, detail."""

    happened = "The store {path} is damaged: {detail}."
    advice = "Copy the file aside, then: majlis store check; a backup can be put back with majlis store restore."


class StoreReplaced(StoreFault):
    """The file that is open was removed, moved or replaced. Facts: path."""

    happened = "{path} was removed or replaced while Majlis had it open."
    safe = "Nothing was written since; what was acknowledged before can be read here, and perhaps nowhere else."
    advice = "Keep this one open, make room beside the file, and try again: then a copy of it is written."


class StoreRescued(StoreReplaced):
    """The same, and what was open is saved as a file. Facts: path, rescued."""

    safe = "Nothing was written since; all that was acknowledged before is in {rescued}."
    advice = "Close Majlis everywhere, then: majlis store restore {rescued} --replace"


class StoreLogRemoved(StoreFault):
    """The log of the open store, or what its readers share, was taken away. Facts: path, part."""

    happened = "{part} was removed or replaced while Majlis had it open."
    safe = "Nothing was written since; what was acknowledged before has been brought into {path} as far as it can be."
    advice = "Close Majlis everywhere, open it again, and run: majlis store check"


class StoreRolledBack(StoreFault):
    """An older state of the file, or one without its log. Facts: path, found, expected, at."""

    happened = (
        "{path} has gone back: it ends at revision {found} ({at}), and what was acknowledged up to revision {expected} "
        "is not all in it."
    )
    safe = "Nothing is written to it, and what is there can be read."
    advice = (
        "Look for the newer file or its -wal file, or put a backup back with majlis store restore; "
        "to go on without what is missing: majlis store check --accept"
    )


class NotAStore(GiveUp):
    """The file is something else. Facts: path."""

    happened = "{path} is not a Majlis store."
    safe = "The file was not touched."
    advice = "Name another file, or import it: majlis import FILE"
    exit_code = 65


class SchemaNewer(GiveUp):
    """Written by a newer Majlis. Facts: path, found, known."""

    happened = "{path} was written by a newer Majlis (schema {found}, this one knows {known})."
    safe = "Nothing was written to it."
    advice = "Use the newer program, or ask whoever installed it on this server."
    exit_code = 65


class StoreMoved(GiveUp):
    """The inbox was carried to another store. Facts: path, to."""

    happened = "This inbox has moved from {path} to {to}."
    safe = "Nothing was written here since."
    advice = "Name the new place in the site file (store = …), or with --store."
    exit_code = 6


class StoreUnfinished(GiveUp):
    """An inbox was being carried into this store when that was broken off. Facts: path."""

    happened = "{path} is no inbox: one was being carried into it, and that was broken off."
    safe = "The inbox that was carried is whole where it was."
    advice = "Do it again: majlis store move"
    exit_code = 65


class CannotMove(GiveUp):
    """An inbox that cannot be carried to a place. Facts: to, detail."""

    happened = "The inbox cannot be carried to {to}: {detail}."
    safe = "It is whole where it was, and goes on there."
    exit_code = 73


class StoreReadOnly(GiveUp):
    """File or folder cannot be written. Facts: path."""

    happened = "{path} cannot be written by this user."
    advice = "Give this user write access to the file and its folder, or name another store."
    exit_code = 73  # EX_CANTCREAT


class WrongModes(GiveUp):
    """An inbox, or what it stands on, lies where others could read or spoil it. Facts: path, detail, fix."""

    happened = "{path}: {detail}."
    safe = "The inbox was not opened."
    advice = "Run this, as its owner or as root: {fix}"
    exit_code = 78  # EX_CONFIG


class StoreOnNetworkFilesystem(GiveUp):
    """File locks cannot be trusted there. Facts: path, kind."""

    happened = "{path} lies on a network file system ({kind}), where file locks cannot be trusted."
    advice = "Ask whoever runs the server for a folder on a local disk, or for a PostgreSQL database."
    exit_code = 73


class LibraryTooOld(GiveUp):
    """SQLite with the WAL-reset race. Facts: found, needed."""

    happened = "SQLite {found} can corrupt a store that several processes write; {needed} is needed."
    advice = "Reinstall Majlis: its own wheel of apsw brings a current SQLite."


class ServerUnfit(GiveUp):
    """A database server that cannot keep a store. Facts: path, detail."""

    happened = "The server of {path} cannot keep a store: {detail}."
    advice = "Ask who looks after the database, or name another store."
    exit_code = 73


class DriverMissing(GiveUp):
    """PostgreSQL's driver is not installed. Facts: path."""

    happened = "{path} is on a PostgreSQL server, and its driver is not installed."
    advice = "Install it: pip install 'majlis[postgresql]'"
    exit_code = 78  # EX_CONFIG: the settings name what is not here


class BadImport(GiveUp):
    """A file that cannot be imported. Facts: path, detail."""

    happened = "{path} cannot be imported: {detail}."
    exit_code = 65


class BadBackup(GiveUp):
    """A file that is no sound backup. Facts: path, detail."""

    happened = "{path} cannot be put back: {detail}."
    safe = "The inbox was left as it is."
    advice = "Take another backup."
    exit_code = 65


class AlreadyThere(GiveUp):
    """A file that is not replaced unasked. Facts: path, option."""

    happened = "{path} is there already."
    safe = "It was left as it is."
    advice = "Name another one, or say that it is to be replaced: {option}"
    exit_code = 73


class NotOfThisKind(GiveUp):
    """A kind of store that is no file of ours. Facts: action."""

    happened = "This inbox lies in a database server, which keeps its own backups ({action})."
    advice = "Use the server's means, such as pg_dump and pg_restore; majlis store check works here too."
    exit_code = 4


class PictureTooBig(GiveUp):
    """More bytes than every network takes. Facts: size_mb, most_mb."""

    happened = "This picture has {size_mb} MB; the networks take {most_mb} MB at most."
    safe = "The text is kept."
    advice = "Make it smaller, then choose it again."
    exit_code = 65


class NotAPicture(GiveUp):
    """No form of picture that every network takes."""

    happened = "This file is not a picture that the networks take."
    safe = "The text is kept."
    advice = "Choose a file in one of these forms: JPEG, PNG, GIF, WebP."
    exit_code = 65


class BadSettings(GiveUp):
    """A settings file says something unknown. Facts: path, key, detail."""

    happened = "{path}: {key}: {detail}"
    safe = "No setting of this file is in force."
    advice = "Mend the line; `majlis config show` names where each value comes from."
    exit_code = 78  # EX_CONFIG


class Bug(MajlisError):
    """A state that cannot be; the report should say how it came about. Facts: detail."""

    happened = "Majlis made a mistake of its own: {detail}."
    safe = "The change was not kept."
    advice = "Please report it with the output of majlis doctor."
    exit_code = 70  # EX_SOFTWARE


AWAY = (StoreUnreachable, StoreInDoubt)
"""What is raised while a store's server cannot be reached."""
