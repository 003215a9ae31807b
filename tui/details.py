"""What errors say in their details, which are kept in English: the system's faults, and what the layers below tell.

English ids of the catalogues, nothing more; `tui.language` finds them again in a detail and says them in the language
in force, with the system's own words beside them, by which others can be asked and pages found.
"""

from __future__ import annotations

import errno
from typing import Final

SYSTEM: Final[dict[int, str]] = {
    errno.EPERM: "the system does not allow it",
    errno.ENOENT: "there is no such file or folder",
    errno.EIO: "the disk or another device failed",
    errno.ENXIO: "there is no such device",
    errno.EBADF: "it was closed before",
    errno.EAGAIN: "it is busy just now",
    errno.ENOMEM: "the memory is full",
    errno.EACCES: "this user may not do that there",
    errno.EBUSY: "something else is using it",
    errno.EEXIST: "something of this name is there already",
    errno.EXDEV: "it lies on another disk",
    errno.ENODEV: "there is no such device",
    errno.ENOTDIR: "something on the way there is no folder",
    errno.EISDIR: "it is a folder",
    errno.EINVAL: "the system does not take this name or value",
    errno.ENFILE: "the machine has too many files open",
    errno.EMFILE: "this program has too many files open",
    errno.ETXTBSY: "it is a program that is running",
    errno.EFBIG: "the file would be too large",
    errno.ENOSPC: "there is no room left on the disk",
    errno.ESPIPE: "it is a pipe, and no file",
    errno.EROFS: "nothing can be written on this disk",
    errno.EPIPE: "nobody reads at the other end",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.ELOOP: "too many links lead to it",
    errno.EOPNOTSUPP: "this kind of disk or network cannot do that",
    errno.EADDRINUSE: "another program listens there already",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.ENETUNREACH: "no network leads there",
    errno.EHOSTUNREACH: "no way leads to that machine",
    errno.ECONNREFUSED: "nobody listens there",
    errno.ECONNRESET: "the other side cut the connection",
    errno.ETIMEDOUT: "no answer came in time",
    errno.ESTALE: "the file server no longer knows it",
    errno.EDQUOT: "your share of the disk is used up",
}
"""Number of the operating system's fault → what it means."""

OURS: Final = (
    "Expected `{wanted}`, got `{found}`",
    "Invalid enum value {value}",
    "a part of it lies in {path}: it is an inbox that is in use",
    "a part of it was cut off",
    "an address is a scheme, a host and perhaps a path",
    "cannot be read",
    'connection to server at "{host}", port {port} failed: {problem}',
    'connection to server on socket "{path}" failed: {problem}',
    "contacts: not a table",
    "https is needed; plain http is for this machine alone",
    "it holds no history, so it is no inbox",
    "it is no Majlis store",
    "it is not empty",
    "it is the inbox itself",
    "it is there already",
    "it was written to meanwhile",
    "its beginning was overwritten",
    "its database keeps texts as {encoding}, and Arabic needs UTF8",
    "its history does not fit",
    "its history does not fit from revision {n} on",
    "libpq does not understand the address {path}",
    "no Ed25519 key",
    "others may read it (mode {mode}): make a new one with majlis audit key",
    "others may read it (mode {mode}); run chmod 600 on it, and sign in again",
    "port {port}: {problem}",
    "table {table} is not what was copied",
    "the keyring cannot be used ({problem})",
    "there are no stores of this kind",
    "There are no stores of the kind {kind}; name a path or sqlite:///path",
    "this inbox is not empty",
    "{subject} is not what its history says; a copy to import is made with export --whole",
    "{problem}, near character {n}",
)
"""Templates of details that connectors and store tell."""
