"""A window that is nothing but a VTE terminal; run by the system's Python, which has the bindings.

Run: `/usr/bin/python3 vte_window.py COLUMNS ROWS bidi|plain COMMAND…`; `plain` neither reorders nor shapes whatever it
is told, which makes it the reference.
"""

import sys

import gi  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # the system's

gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402  # pyright: ignore[reportMissingImports]
    GLib,
    Gtk,
    Pango,
    Vte,
)


def main(columns: int, rows: int, mode: str, command: list[str]) -> None:
    """Show the window until the command ends."""
    window = Gtk.Window(decorated=False)
    terminal = Vte.Terminal()
    terminal.set_font(Pango.FontDescription("DejaVu Sans Mono 11"))
    terminal.set_size(columns, rows)
    terminal.set_cursor_blink_mode(Vte.CursorBlinkMode.OFF)
    terminal.set_scrollback_lines(0)
    terminal.set_enable_bidi(mode == "bidi")
    terminal.set_enable_shaping(mode == "bidi")
    terminal.connect("child-exited", Gtk.main_quit)
    terminal.spawn_async(
        Vte.PtyFlags.DEFAULT, None, command, None, GLib.SpawnFlags.SEARCH_PATH, None, None, -1, None, None
    )
    window.add(terminal)
    window.show_all()
    window.move(0, 0)
    Gtk.main()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
