"""Arabic and mixed text for a terminal: levels, shapes, layout, the terminal's own ways, an editor.

Text everywhere else is in logical order; nothing outside this package reorders, shapes or mirrors.
Importing the package costs nothing; its modules say what each is for.
"""
