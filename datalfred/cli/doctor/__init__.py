"""``datalfred doctor``: what is in the way of an answer, and the way out.

A check looks at one thing and says so in a line: it is well (``ok``), it is not (``FAIL``), or
nobody could look (``unknown``, with the reason). The command puts the checks together; they know
neither each other nor the terminal.
"""

from datalfred.cli.doctor.command import doctor

__all__ = ["doctor"]
