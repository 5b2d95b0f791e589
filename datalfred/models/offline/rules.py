"""The patterns of the words that do not name data. An earlier rule wins over a later one."""

# ruff: noqa: E501 -- a pattern is read in one line

import re
from collections.abc import Callable, Iterable
from typing import Any

from datalfred.models.offline import time_ranges
from datalfred.models.offline.spans import Comparison, Grain, Kind, Rank
from datalfred.models.offline.text import number_of
from datalfred.models.offline.time_ranges import NUMBER_WORDS

_WORDS = "|".join(sorted((w for w in NUMBER_WORDS if w != "zero"), key=len, reverse=True))


_N = rf"(?:-?\d[\d,]*(?:\.\d+)?(?:k|m|mio|bn)?|{_WORDS}|a hundred|a thousand|zero)"


_MONEY = "eur|euros?|usd|dollars?|gbp|pounds?|bucks"


_WEIGHTS = "kgs?|kilos?|kilograms?|grams?|tons?|tonnes?|km|kms|kilometers?|kilometres?|miles?|meters?|metres?"


_LENGTHS = "milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?"


_UNITS = rf"(?: (?P<unit>{_MONEY}|{_LENGTHS}|{_WEIGHTS}|percent))?"


_AMOUNT = rf"(?:(?:{_MONEY}) )?(?P<n>{_N})(?!\S){_UNITS}(?! ago)(?!\S)"


_NOT_A_YEAR = r"(?!(?:19|20)\d\d(?!\S)(?! (?:eur|usd|euros?|dollars?)))"


_STEP = "hour|day|week|month|quarter|year"


_ADVERBS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year", "annually": "year",
}  # fmt: skip


_TOP = "top|best|highest|largest|biggest|greatest|leading|strongest|first|most|max"


_BOTTOM = "bottom|worst|lowest|smallest|weakest|least|fewest"


_NEWEST = "last|latest|newest|most recent|recent|freshest"


_OLDEST = "oldest|earliest"


_ABOUT: dict[str, tuple[bool, str]] = {
    "most expensive": (True, "price"), "priciest": (True, "price"), "costliest": (True, "price"),
    "dearest": (True, "price"), "least expensive": (False, "price"), "cheapest": (False, "price"),
    "longest": (True, "duration"), "slowest": (True, "duration"), "shortest": (False, "duration"),
    "fastest": (False, "duration"), "quickest": (False, "duration"),
    "latest": (True, "time"), "newest": (True, "time"), "most recent": (True, "time"),
    "most recently": (True, "time"), "oldest": (False, "time"), "earliest": (False, "time"),
    "heaviest": (True, "weight"), "lightest": (False, "weight"),
    "busiest": (True, "count"), "most popular": (True, "count"), "least popular": (False, "count"),
    "most used": (True, "count"), "least used": (False, "count"), "most frequent": (True, "count"), "most common": (True, "count"), "least common": (False, "count"),
    "most frequently": (True, "count"), "most often": (True, "count"), "least frequent": (False, "count"),
    "quietest": (False, "count"), "rarest": (False, "count"),
    "best selling": (True, "sold"), "best sold": (True, "sold"), "most sold": (True, "sold"),
    "top selling": (True, "sold"), "worst selling": (False, "sold"), "least sold": (False, "sold"),
    "largest": (True, "size"), "biggest": (True, "size"), "smallest": (False, "size"),
    "highest": (True, ""), "lowest": (False, ""), "most": (True, ""), "least": (False, ""),
    "fewest": (False, ""), "greatest": (True, ""), "best": (True, "best"), "worst": (False, "best"),
    "top": (True, "best"), "bottom": (False, "best"), "peak": (True, ""), "strongest": (True, "best"),
    "weakest": (False, "best"), "leading": (True, "best"), "record": (True, ""),
    "tallest": (True, "height"), "youngest": (False, "age"), "eldest": (True, "age"),
    "most valuable": (True, "best"), "least valuable": (False, "best"), "highest paid": (True, "pay"),
    "lowest paid": (False, "pay"), "highest selling": (True, "sold"), "top performing": (True, "best"),
    "best performing": (True, "best"), "worst performing": (False, "best"), "lowest selling": (False, "sold"),
}  # fmt: skip


_RANKS = "|".join(sorted(_ABOUT, key=len, reverse=True))


Make = Callable[[re.Match[str]], Any]


def _value(text: str) -> float:
    said = {"a hundred": 100, "a thousand": 1000}.get(text) or number_of(text)
    return NUMBER_WORDS[text] if said is None else said


def _compare(operator: str) -> Make:
    return lambda m: Comparison(
        operator, (_value(m["n"]),), m["unit"] or _money_in(m[0]), _compared_by(m[0])
    )


_COMPARED_BY = {
    "older": "age", "younger": "age", "longer": "duration", "shorter": "duration", "heavier": "weight",
    "lighter": "weight", "cheaper": "price",
}  # fmt: skip


def _compared_by(text: str) -> str:
    return next((about for word, about in _COMPARED_BY.items() if word in text), "")


def _money_in(text: str) -> str:
    found = re.search(rf"\b(?:{_MONEY})\b", text)
    return found[0] if found else ""


def _between(match: re.Match[str]) -> Comparison:
    low, high = _value(match["low"]), _value(match["n"])
    return Comparison("between", (low, high), match["unit"] or _money_in(match[0]))


def _limit_of(text: str | None) -> int | None:
    return int(_value(text)) if text else None


def _ranked(match: re.Match[str]) -> Rank:
    descending, about = _ABOUT[match["rank"]]
    return Rank(_limit_of(match.groupdict().get("n")), descending, about)


def _rank(about: str, *, descending: bool) -> Make:
    return lambda m: Rank(_limit_of(m.groupdict().get("n")), descending, about)


def _sorted(*, descending: bool) -> Make:
    """As in "priciest first": an order of all, and by what it is where the word says so."""

    def make(match: re.Match[str]) -> Rank:
        named = (about for word, (_, about) in _ABOUT.items() if about and word in match[0])
        about = next((a for a in named if a in _SORTED_BY), "")
        return Rank(None, descending, f"sort_{about}" if about else "sort")

    return make


_SORTED_BY = ("price", "duration", "weight", "time")


def _grain(*, asked: bool = False) -> Make:
    return lambda m: Grain(m["step"].replace(" ", "_"), asked)


def _told(_match: re.Match[str]) -> bool:
    return True


def _same(value: Any) -> Make:
    return lambda _match: value


_WEEKDAY_NAMES = [day + "s" for day in time_ranges.WEEKDAYS]


_DAY_SETS = {
    "weekends": (6, 7),
    "weekdays": (1, 2, 3, 4, 5),
    "workdays": (1, 2, 3, 4, 5),
    "working days": (1, 2, 3, 4, 5),
}
_DAY_SETS |= {name: (index,) for index, name in enumerate(_WEEKDAY_NAMES, 1)}


_DAY = "|".join([*_DAY_SETS, "the weekend", "a weekend"])


_PARTS = "day of (?:the )?week|weekday|week day|hour of (?:the )?day|month of (?:the )?year"


_PART_NAMES = {
    "day": "weekday",
    "week": "weekday",
    "weekd": "weekday",
    "hour": "hour_of_day",
    "month": "month_of_year",
}


def _part_grain(match: re.Match[str]) -> Grain:
    name = match["part"].split(" ")[0]
    return Grain(_PART_NAMES.get(name, "weekday"), asked=match[0].startswith(("which", "what")))


_BEFORE_TIMES: tuple[tuple[Kind, str, Make], ...] = (
    (
        Kind.TREND,
        r"(?:month over month|month on month|mom)(?: (?:growth|change|increase))?",
        _same("month"),
    ),
    (
        Kind.TREND,
        r"(?:week over week|week on week|wow)(?: (?:growth|change|increase))?",
        _same("week"),
    ),
    (Kind.TREND, r"(?:quarter over quarter|qoq)(?: (?:growth|change|increase))?", _same("quarter")),
    (Kind.TREND, r"(?:day over day|day on day|dod)(?: (?:growth|change|increase))?", _same("day")),
    (
        Kind.SHIFT,
        r"(?:year over year|year on year|yoy)(?: (?:growth|change|increase))?",
        _same("year"),
    ),
    (
        Kind.SHIFT,
        r"(?:compared? |compare |comparing |relative )?(?:as |to |with |than |in |vs |versus |against )*(?:the )?same (?:period|time|month|week|quarter|day)s? (?:of |in )?(?:the )?(?:last year|previous year|year before|a year (?:ago|earlier|before)|prior year)",
        _same("year"),
    ),
    (Kind.SHIFT, r"(?:than |vs |versus |to |against )*a year (?:earlier|before)", _same("year")),
    (
        Kind.SHIFT,
        rf"(?:compared? |compare |comparing |relative )?(?:than |to |with |vs |versus |against )*(?:the )?(?:{_STEP}|period|one|same period)s? (?:just )?before(?! last)(?: that)?",
        _same("before"),
    ),
    (
        Kind.SHIFT,
        rf"(?:the )?(?:previous|prior|preceding) (?:period|one|\d+ (?:{_STEP})s?)$",
        _same("before"),
    ),
    (
        Kind.COMPARE,
        rf"between (?:(?:{_MONEY}) )?(?P<low>{_N})(?: (?:{_MONEY}))? and {_NOT_A_YEAR}{_AMOUNT}",
        _between,
    ),
    (
        Kind.COMPARE,
        rf"(?:no|not) (?:more|greater|higher|longer) than {_AMOUNT}|(?:at most|a? ?maximum of|<=) {_AMOUNT}".replace(
            "(?P<n>", "(?P<n_>", 1
        ).replace("(?P<unit>", "(?P<unit_>", 1),
        lambda m: Comparison(
            "<=", (_value(m["n"] or m["n_"]),), m["unit"] or m["unit_"] or _money_in(m[0])
        ),
    ),
    (
        Kind.COMPARE,
        rf"(?:(?:no|not) (?:less|fewer|lower) than|at least|a? ?minimum(?: of)?|>=) {_AMOUNT}",
        _compare(">="),
    ),
    (
        Kind.COMPARE,
        rf"(?:(?:is |are |was )?(?:strictly )?(?:more|greater|higher|bigger|larger|longer|older|better|heavier) (?:than|then)|exceeding|exceeds?|in excess of|>) {_AMOUNT}",
        _compare(">"),
    ),
    (Kind.COMPARE, rf"(?:over|above|beyond) {_NOT_A_YEAR}{_AMOUNT}", _compare(">")),
    (
        Kind.COMPARE,
        rf"(?:(?:is |are |was )?(?:strictly )?(?:less|fewer|lower|smaller|shorter|cheaper|younger|worse|lighter) (?:than|then)|<) {_AMOUNT}",
        _compare("<"),
    ),
    (Kind.COMPARE, rf"(?:under|below) {_NOT_A_YEAR}{_AMOUNT}", _compare("<")),
    (Kind.COMPARE, rf"(?:up to|upto) {_NOT_A_YEAR}{_AMOUNT}", _compare("<=")),
    (
        Kind.COMPARE,
        rf"(?P<n>{_N}){_UNITS} (?:or more|and more|and up|plus|or above|or higher|and above|or longer)(?!\S)",
        _compare(">="),
    ),
    (
        Kind.COMPARE,
        rf"(?P<n>{_N}){_UNITS} (?:or less|or fewer|or below|or lower|or shorter)(?!\S)",
        _compare("<="),
    ),
    (Kind.COMPARE, rf"(?:exactly|precisely|equal(?:s|ing)?(?: to)?|=) {_AMOUNT}", _compare("=")),
    (Kind.COMPARE, rf"(?:!=|<>) {_AMOUNT}", _compare("<>")),
    (
        Kind.RANK,
        rf"(?:the )?(?:{_NEWEST}) (?P<n>{_N})(?! (?:full |complete |calendar )?(?:{_STEP})s?(?!\S))(?!\S)",
        _rank("time", descending=True),
    ),
)


_AFTER_TIMES: tuple[tuple[Kind, str, Make], ...] = (
    (Kind.DAYS, rf"(?:on |at |during |only )?(?:the )?(?P<days>{_DAY})(?! of)(?!\S)", lambda m: _DAY_SETS.get(m["days"], (6, 7))),
    (Kind.GRAIN, rf"(?:(?:split |grouped |broken down )?(?:per|by|for each|each|for every|every)|which|what) (?P<part>{_PARTS})s?", _part_grain),
    (Kind.GRAIN, r"(?:by|per) hour", _same(Grain("hour"))),
    (
        Kind.GRAIN,
        rf"(?:(?:split |grouped |broken down |on a )?(?:per|by|for each|each|for every|every|in each|in every|for all|across the)|an?(?<=\sa)|an?) (?:calendar )?(?P<step>{_STEP})(?:s(?= )|s$)?(?: basis)?(?! (?:ago|before|earlier|to date))(?!\S)",
        _grain(),
    ),
    (Kind.GRAIN, rf"(?:{'|'.join(_ADVERBS)})(?: basis)?(?!\S)", lambda m: Grain(_ADVERBS[m[0].split(" ")[0]], adjective=True)),
    (Kind.GRAIN, rf"(?:and|,) (?P<step>{_STEP})(?!\S)(?! (?:ago|before|earlier))", _grain()),
    (Kind.GRAIN, rf"(?P<step>{_STEP}) by (?P=step)", _grain()),
    (Kind.GRAIN, rf"(?:in |on |during )?(?:which|what) (?P<step>{_STEP})s?(?!\S)", _grain(asked=True)),
    (Kind.TREND, r"(?:over time|trend(?:s|ing)?(?: of| for| in)?|evolution(?: of)?|evolve[ds]?|(?:develop|developed|development)(?: of)?|time series(?: of)?|timeline(?: of)?|history of)", _same("")),
    (Kind.RUNNING, r"cumulative|running total(?: of)?|cumulated", _told),
    (Kind.AGGREGATE, r"(?:standard deviation|std ?dev|stddev)(?: of)?", _same("stddev")),
    (Kind.AGGREGATE, r"p(?P<q>\d\d)(?: of)?(?!\S)|(?P<q2>\d\d)th percentile(?: of)?", lambda m: f"p{m['q'] or m['q2']}"),
    (Kind.RANK, rf"(?:the )?(?:{_TOP}|{_BOTTOM}) (?P<n>{_N})(?!\S)", lambda m: Rank(_limit_of(m["n"]), not re.search(_BOTTOM, m[0]), "time_first" if m[0].removeprefix("the ").startswith("first") else "best" if re.search("top|best|bottom|worst|leading|strongest|weakest", m[0]) else "size")),
    (Kind.RANK, rf"(?:the )?(?P<n>{_N}) (?:{_OLDEST}|first)(?!\S)", _rank("time", descending=False)),
    (Kind.RANK, rf"(?:the )?(?:{_OLDEST}) (?P<n>{_N})(?!\S)", _rank("time", descending=False)),
    (Kind.RANK, rf"(?:the )?(?P<n>{_N}) (?:{_NEWEST})(?!\S)", _rank("time", descending=True)),
    (Kind.RANK, rf"(?:the )?(?P<n>{_N}) (?P<rank>{_RANKS})(?!\S)", _ranked),
    (Kind.LIMIT, rf"(?:show|list|give|get|display|see|fetch|pull|return|sample|print|need|want)(?: me| us)?(?: the| any| some| only| just)? (?P<n>{_N})(?: random)?(?: examples?(?: of)?| samples?(?: of)?| rows?(?: of| from)?| records?(?: of| from)?)?(?!\S)", lambda m: _limit_of(m["n"])),
    (Kind.LIMIT, rf"(?:(?:show|list|give|get|see)(?: me| us)? )?(?:an? |the )?(?:random |small |quick |little )?(?:samples?|selection|preview|handful|examples?) (?:of )?(?:the |any )?(?P<n>{_N})(?: rows?(?: of| from)?| records?(?: of| from)?)?(?!\S)", lambda m: _limit_of(m["n"])),
    (Kind.LIST, r"(?:show |give |see |get )?(?:me |us )?(?:an? |the |some )?(?:random |small |quick |little )?(?:samples?|preview|handful|examples?)(?: rows?| records?| lines?| data)?(?: (?:of|from))(?: the| our)?(?!\S)", _told),
    (Kind.LIMIT, rf"(?:limit(?:ed)?(?: to)?|only|just) (?P<n>{_N})(?: rows?| results?)?$", lambda m: _limit_of(m["n"])),
    (Kind.LIMIT, rf"(?P<n>{_N}) (?:rows|records|examples|samples|lines|entries)(?: of| from)?(?!\S)", lambda m: _limit_of(m["n"])),
    (Kind.RATIO, r"(?:(?:what|which|the|as a|as) )*(?:percentage|percent|proportion|fraction|share|portion|ratio|pct|part(?= of))(?: of (?:all |the |our |total )*)?(?!\S)", _same("share")),
    (Kind.RATIO, r"(?:what )?rates?(?: of)?(?!\S)", _same("rate")),
    (Kind.SPLIT, r"(?:an? |the )?(?:break ?down|split|distribution|composition)(?: (?:of|for)(?: the| our)?)?", _told),
    (Kind.THAT, r"last(?:ed|s)?(?= (?:on average|longer|less|more than|for|at least|at most))", _told),
    (Kind.NOT, r"(?:anything |something |everything |anyone |everyone |one |ones )?(?:other than|apart from|aside from|besides|except(?: for| from)?)(?: the| any)?(?!\S)", _told),
    (Kind.SPLIT, r"(?:break|split|slice|cut|chop)(?: up)?(?: the| our)?(?=.* (?:by|per|into|down)(?!\S))", _told),
    (Kind.UNIT, r"(?:(?:expressed |measured )?in )(?P<unit>seconds|minutes|hours|days|eur|euros?|usd|dollars?|gbp|pounds|kg|kilos?|kilograms?|tons?|km|kilometers?|metres|meters)(?!\S)", lambda m: m["unit"]),
    (Kind.VERSUS, r"(?:have|had|has|make|made|get|got|see|saw|bring|brought) (?:more|fewer|less)(?! than)", _same("compare")),
    (Kind.VERSUS, r"by how (?:much|many)(?: percent)?", _same("growth")),
    (Kind.RANK, r"(?:gets? |got |is |are |was |were |been )?used (?:the )?(?:most|more often)(?: often)?", _rank("count", descending=True)),
    (Kind.RANK, r"(?:gets? |got |is |are |was |were |been )?used (?:the )?least(?: often)?", _rank("count", descending=False)),
    (Kind.LIMIT, rf"(?:which|what)(?: are| were)?(?: the| our)? (?P<n>{_N})(?! (?:{_STEP})s?(?!\S))", lambda m: _limit_of(m["n"])),
    (Kind.VERSUS, r"(?:more|less|fewer|higher|lower|better|worse)(?= .*\bthan\b)", _same("compare")),
    (Kind.VERSUS, r"(?:by )?how much (?:more|less|fewer|higher|lower|better|worse)|how many (?:more|fewer|less)", _same("difference")),
    (Kind.AGGREGATE, r"how many (?:distinct|unique|different)|(?:the )?(?:number|count) of (?:distinct|unique|different)|(?:distinct|unique) (?:count|number)(?: of)?", _same("count_distinct")),
    (Kind.AGGREGATE, r"how many times|how often", _same("count")),
    (Kind.AGGREGATE, r"(?:how (?:many|mny|meny)|(?:the )?(?:total )?(?:number|count|nb|nr|num)(?: of)(?= (?:\S+ )?\S+s\b)|(?:the )?(?:total )?(?:number|count)s?(?: of)?|counts?(?: of)?|tally(?: of)?|headcount(?: of)?|volume of)(?!\S)", _same("count")),
    (Kind.AGGREGATE, r"how much(?: money)?(?!\S)", _same("how_much")),
    (Kind.AGGREGATE, r"(?:(?:the |an )?averages?|avg|mean|on average|typical(?:ly)?)(?: of)?(?: the)?(?!\S)", _same("avg")),
    (Kind.AGGREGATE, r"median(?: of)?(?!\S)", _same("median")),
    (Kind.AGGREGATE, r"(?:sum(?:med)?(?: up)?(?: of)?|totals?(?: of| up)?|in total|overall|grand total|combined|aggregated?|all in all)(?!\S)", _same("sum")),
    (Kind.AGGREGATE, r"(?:maximum|max)(?: of)?(?!\S)", _same("max")),
    (Kind.AGGREGATE, r"(?:minimum|min)(?: of)?(?!\S)", _same("min")),
    (Kind.DISTINCT, r"(?:distinct|unique|different)(?: values?(?: of| in| for)?)?|(?:all )?(?:possible |available )?values (?:of|in|for|does)", _told),
    (Kind.VERSUS, r"(?:compared? (?:to|with|against)|comparing|compare|comparison(?: (?:of|between))?|versus|vs|against|(?:the )?differences? (?:between|in|of)|differences?|relative to)(?!\S)", _same("compare")),
    (Kind.VERSUS, r"(?:growth|grow|grew|grown|growing|increased?|decreased?|declined?|dropp?(?:ed)?|change[ds]?|rise|risen|rose|fell|fall|fallen|up or down|more or less|higher or lower|better or worse)(?: (?:rate|in|of|or (?:decrease|drop|decline|shrink|fall))){0,2}(?!\S)", _same("growth")),
    (Kind.VERSUS, r"(?:(?:more|less|fewer|higher|lower|better|worse) )?than(?!\S)", _same("than")),
    (Kind.NOT, r"(?:excluding|exclude[ds]?|except(?: for| from)?|other than|apart from|besides|but not|neither|ignoring|ignore|leaving out|leave out|minus|is not|are not|was not|were not|do not|did not|does not|have not|has not|had not|not(?: in| from)?|non|never|outside(?: of)?|un(?=\s)|aren|isnt|arent|wasnt|werent|not counting|all but|everything but)(?: the| any| all| yet)?(?!\S)", _told),
    (Kind.NONE, r"(?:without|with no|with out|w/o|missing|lacking|lack|lacks|(?:that |who |which )?(?:have|has|had) no|having no|no)(?: (?:a single|an? one|a|an|any|single))?(?!\S)", _same("before")),
    (Kind.NONE, r"(?:is |are |was |were )?(?:null|empty|missing|blank|unknown|not (?:set|given|filled|known))(?!\S)", _same("after")),
    (Kind.SOME, r"(?:is |are )?(?:not null|not empty|set|filled)(?!\S)", _same("after")),
    (Kind.SOME, r"(?:with|(?:that |who |which )?(?:have|has|had|use[ds]?|using)|having)(?: (?:a|an|any|some|the|at least one))?(?!\S)", _same("before")),
    (Kind.GROUP, r"(?:broken (?:down|out|up)|down|break(?: it| this| that| them)? down|split(?:ted)?(?: it| this| that)?|grouped?|segmented|sliced?|breakdown|distribution|distributed|aggregated|ranked|sorted|ordered)(?: (?:by|per|into|along|of|across|over))(?: each)?(?: the)?(?!\S)", _same("split")),
    (Kind.CHATTER, r"money(?= (?:refunded|reimbursed|spent|earned|paid|made|lost|billed|charged)(?!\S))", _told),
    (Kind.CHATTER, r"(?:over|across|for) (?:all|the whole|the entire)(?! (?:time|year|month|week|day))(?: of)?(?: the| our)?(?!\S)", _told),
    (Kind.GROUP, r"(?:by|per|for each|for every|in each|in every|of each|of every|from each|each|every|across(?! all)|among(?:st)?)(?: of)?(?: (?:the|our))?(?: (?:single|individual|different))?(?!\S)", _same("by")),
    (Kind.WHEN, r"(?:when|what (?:date|day|time)|on what date|on which date|the date of|date of)(?!\S)", _told),
    (Kind.WHO, r"(?:who|whom)(?!\S)", _told),
    (Kind.WHERE, r"where (?:do|does|did|are|is|was|were)(?!\S)", _told),
    (Kind.LIST, r"(?:show|list|display|give|get|fetch|print|pull|preview|see|name|enumerate|view)(?: me| us)?(?!\S)", _told),
    (Kind.WHICH, r"(?:which|what(?: are| is| were| was)?(?: the| our)?)(?: of (?:the|our))?(?!\S)", _told),
    (Kind.THAT, r"(?:that|where|whose|which)(?: (?:is|are|was|were|have|has|had|been|got|get|did|do))*(?!\S)|(?:is|are|was|were|got|been|get|went|came|come|end(?:ed)? up|turn(?:ed)? out)(?!\S)", _told),
    (Kind.RANK, rf"(?:in |from |the )*(?:{_TOP}|{_NEWEST}|priciest|most expensive|costliest|longest|heaviest|slowest|busiest|most (?:frequent|common|popular|used|recent))(?: ones?)? first|(?:in )?desc(?:ending)?(?: order)?|highest to lowest", _sorted(descending=True)),
    (Kind.RANK, rf"(?:in |from |the )*(?:{_BOTTOM}|{_OLDEST}|cheapest|least expensive|shortest|lightest|fastest|quietest|rarest|least (?:frequent|common|popular|used))(?: ones?)? first|(?:in )?asc(?:ending)?(?: order)?|lowest to highest", _sorted(descending=False)),
    (Kind.RANK, rf"(?:the )?(?:single |very )?(?P<rank>{_RANKS})(?!\S)", _ranked),
    (Kind.RANK, r"(?:the )?(?:very )?(?:last|final)(?!\S)", _rank("time", descending=True)),
    (Kind.RANK, r"(?:the )?(?:very )?first(?!\S)", _rank("time", descending=False)),
    (Kind.GRAIN, rf"(?<=\x00 )(?P<step>{_STEP})s?(?!\S)", _grain(asked=True)),
    (Kind.GRAIN, rf"(?:the )?(?P<step>{_STEP})s?(?= (?:with|when|where|in which)\b)", _grain(asked=True)),
    (Kind.AND, r"(?:and|or|but|as well as|plus|,|;|nor|both|either)(?: (?:the|by|per|in|from|also))*(?!\S)", _told),
)  # fmt: skip


def _compiled(
    rules: Iterable[tuple[Kind, str, Make]],
) -> tuple[tuple[Kind, re.Pattern[str], Make], ...]:
    return tuple(
        (kind, re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), make) for kind, pattern, make in rules
    )


EARLY = _compiled(_BEFORE_TIMES)


LATE = _compiled(_AFTER_TIMES)


GRAMMAR_WORDS = {
    word
    for _kind, pattern, _make in (*_BEFORE_TIMES, *_AFTER_TIMES)
    for word in re.findall(r"(?<![\\?<a-z])[a-z]{4,}", pattern)
    if word not in ("basis", "forms", "ones")
} | {
    *time_ranges.MONTHS,
    *time_ranges.WEEKDAYS,
    *NUMBER_WORDS,
    "yesterday",
    "today",
    "last",
    "this",
    "past",
    "month",
    "week",
    "year",
}
"""Words that rules read, for repairing misspelt ones."""
