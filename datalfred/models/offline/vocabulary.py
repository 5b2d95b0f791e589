"""Words that may be dropped: without them a question means the same.

``FUNCTION_WORDS`` never name anything; the rest of ``CHATTER`` may, where a catalog calls
something so.
"""

from datalfred.models.offline.text import words_in

FUNCTION_WORDS = set(
    words_in(
        """
    can could would will shall should might you your u i we our ours my mine us me it its
    they them their he she his her this these those there here is are was were be been being
    am do does did had has have having a an the of in on at for from to into onto within
    during via through up out what how if any some all as so then now
    """
    )
)
EVENT_WORDS = frozenset(
    words_in(
        """
    shipped ship ordered order placed opened arrived arrive delivered bought sold sell booked
    performed recorded registered burned carried carry issued sent served treated handled new fresh
    operate operated borrow borrowed lend lent rent rented fly flew host hosted
    produce produced publish published process processed
    """
    )
)
"""Verbs that say what happened to every row of a table, unless a value of the data is called so."""
CHATTER = FUNCTION_WORDS | set(
    words_in(
        """
    please thanks thank hi hello hey dear pls plz kindly hmm ok okay oh um uh well cheers
    fyi btw asap quickly quick basically actually really just also too as so then now
    currently right yet already still ever again can could would will shall should might you
    your u i we our ours my mine us me it its they them their he she his her this these
    those there here want need like know see look looking get got getting give gave
    tell say says said think believe wonder whether wondering wondered curious interested asking ask
    question answer help let going go went been is are was were be being am do does did done
    doing has had having a an the of in on at for from to into onto within during via
    through up out what how if make made makes making place placed places placing come came
    comes coming receive received got happen happened happens happening occur occurred
    occurs take took taken taking record recorded exist exists existing available generate
    generated charged collected processed handled submitted logged created added achieved
    performed booked filed raised reported entered issued run done because due caused one
    something anything somebody anybody someone anyone everyone team guys folks all any some
    whole entire complete full altogether together overall ones exactly roughly
    approximately approx around maybe perhaps possible possibly
    urgent urgently data figure figures info information detail details
    result results report check calculate compute determine find finding provide provided
    able display number numbers stats statistics statistic entries entry rows
    row record records lines line occurrences instances table tables dataset datasets
    listing such thing things stuff bit located based situated living live
    about regarding concerning only solely purely
    lives lived reside residing residents far date boss datalfred
    """
    )
)
