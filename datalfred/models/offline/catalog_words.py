"""How people speak of the catalog: the patterns of its intents."""

# ruff: noqa: E501 -- a pattern is read in one line

import re

_TABLES = r"(?:data ?sets?|tables?|views?)"


_ASKS = r"(?:what|which|list|show(?: me)?|give me|name|display|get|see|enumerate|are there(?: any)?|is there|do (?:we|you|i) have|find)"


DATABASES = re.compile(
    rf"^(?!.*\b{_TABLES}\b).*\b{_ASKS}\b.*\b(?:databases?|schemas?|dbs?)\b|^(?:databases?|dbs?)$|\bhow many (?:databases?|schemas?|dbs)\b",
    re.IGNORECASE,
)


INVENTORY = re.compile(
    r"\bwhat(?:'s| is| do we have| do you have| have we got| have you got)? (?:(?:is|all) )?(?:in|inside) (?:the|this|our|my|your) (?:data ?lake|lake|catalog|warehouse)\b|"
    r"\bwhat(?: kind of| sort of)? data (?:do (?:we|you|i) have|is there|is available|can i (?:query|use|see)|have we|exists?|are available)\b|"
    r"\bwhat data (?:do|have) (?:you|we)\b|\b(?:list|show(?: me)?|what are) (?:all )?(?:the )?(?:data ?sets?|data sources)$|\boverview of (?:the|our) (?:data|lake|catalog)\b|\bwhat can i (?:query|analyse|analyze)\b",
    re.IGNORECASE,
)


LIST_TABLES = re.compile(
    rf"^(?:(?:please|can you|could you|hey|hi|ok|and|so|now)[, ]+)*(?:{_ASKS}\s+)?(?:me )?(?:all )?(?:of )?(?:the |our |your |my )?(?:available |existing )?{_TABLES}(?: (?:do (?:we|you|i) have|are there|is there|exist|are available|available|there are|are|in total|we have|you have|do you know|can i query|can you see))*"
    rf"(?: (?:there )?(?:are |exist )?(?:in|of|from|inside|within|does|under)(?: (?:the|our|my|this))?(?: (?P<database>\w+))?(?: (?:database|db|schema|lake|data lake|catalog|have|contain|hold))*)?\s*(?:please)?[?.! ]*$|"
    rf"\bhow many {_TABLES}\b(?:.*\b(?:in|does) (?:the )?(?P<database2>\w+))?|"
    r"^\W*(?:(?:please|list|show|give|tell|me|us|all|get)\s+)*(?:everything|what(?:ever)?(?: all)?|anything|stuff|the contents?|contents?|all)\b(?! (?:databases?|schemas?)).{0,30}\b(?:in|inside|of|within) (?:the |our )?(?P<database3>\w+) (?:database|db|schema)\W*$",
    re.IGNORECASE,
)


_FIND = (
    rf"\b(?:which|what|any|find(?: me)?|list|show(?: me)?|are there|is there|search(?: for)?|do (?:we|you) have)\b[^?]*?\b{_TABLES}\b[^?]*?\b(?:that |which )?(?:hold|holds|holding|contain|contains|containing|have|has|having|with|about|for|store|stores|storing|relate[ds]? to|related to|include|includes|including|mention|mentions|on|cover|covers|covering|keep|keeps|keeping|describ\w+|track|tracks|tracking|carry)\b\s*(?P<topic>.+)",
    r"\bwhere (?:is|are|do we (?:keep|store|have)|can i (?:find|get|see|look for|look up)|would i (?:find|look for)|do i find|should i look for|does|to find|lives?|do)\b\s*(?P<topic>.+)",
    r"\b(?:do we have|do you have|is there|have we got|are there)\b(?: any| some)?\s+(?:data|information|info|anything|something)\s+(?:on|about|for|regarding)\s+(?P<topic>.+)",
    rf"\b(?:search|look)(?: the)?(?: catalog| lake| {_TABLES})?(?: for| up)\s+(?P<topic>.+)",
    rf"\bwhat (?:data|{_TABLES}|information) (?:do we have|is there|have we got|do you have|exists?|is available)\s+(?:on|about|for|regarding|with|related to)\s+(?P<topic>.+)",
    r"\b(?:find|show|list)\b(?: me)? (?:data|everything|anything)\s+(?:on|about|for|regarding|related to)\s+(?P<topic>.+)",
    r"\bwhich (?:table|data ?set) (?:should|do|can|would) i (?:use|query|look at)\b(?: to| for| if)?\s*(?P<topic>.+)",
    rf"^\W*(?:all |the |any )?{_TABLES} (?:that |which )?(?:with|about|for|on|have|has|having|hold(?:ing|s)?|contain(?:ing|s)?|mention(?:ing|s)?|cover(?:ing|s)?|related to)\b\s*(?P<topic>.+)",
    r"\bdo (?:we|you) (?:store|keep|record|track|collect)\b(?: any)?\s+(?P<topic>.+)",
    rf"\bin (?:which|what) {_TABLES} (?:is|are|can i find|do i find|do we (?:have|keep|store)|would i find)\s+(?P<topic>.+)",
)


_DATABASE_OF = r"\b(?:which|what|in which|in what) (?:databases?|schemas?|dbs?) (?:is|are|has|have|holds?|contains?|stores?|keeps?|do i find|can i find|would i find|should i use for)\b (?!there\b|available\b|(?:do|can|could) (?:we|you|i)\b)(?P<topic>.+)"


FINDS = tuple(re.compile(p, re.IGNORECASE) for p in (*_FIND, _DATABASE_OF))


DESCRIBE = re.compile(
    r"\b(?:describe|schema|structure|columns?|fields?|attributes|ddl|data types?|definition|layout|metadata|data dictionary)\b|"
    r"\b(?:grain|granularity)\b|\bwhat (?:is|does) (?:one|a|each) row\b|"
    r"\b(?:possible|allowed|valid|which|what) values\b|"
    r"\bwhat(?: is|'s)? (?:stored|kept|saved|held) in\b|\bwhat (?:kind|sort) of (?:data|information|rows)\b.*\bin\b|"
    r"\bwhat (?:does|do|is in|is inside|is stored in|information is in|data is in|kind of data is in)\b.*\b(?:table|contain|hold|store|include|have|mean|look like)\b|"
    r"\bwhat(?:'s| is) (?:in|inside)\b|\b(?:explain|tell me (?:more )?about|details (?:of|on|about)|info(?:rmation)? (?:on|about)|more about)\b.*\b(?:table|data ?set)\b|"
    r"\bwhat (?:is|are) (?:the )?[\w.]+ (?:table|data ?set)\b|\bwhat (?:is|does) (?:the )?(?:column|field)\b|\bwhat type is\b|\b(?:tell me (?:more )?about|explain|describe) [\w.]+$",
    re.IGNORECASE,
)


PARTITIONS = re.compile(r"\bpartition(?:s|ed|ing)?\b", re.IGNORECASE)


FACTS = re.compile(
    r"\b(?:is|are)\b.*\b(?:up[- ]to[- ]date|fresh|stale|out[- ]of[- ]date|outdated|late)\b|\b(?:how (?:big|large|fresh|stale|late|recent|up[- ]to[- ]date|old|current|wide) (?:is|are)|size of|when (?:was|were|did) .*\b(?:updated|refreshed|loaded|modified|change)|last (?:updated?|refresh(?:ed)?|modified)|freshness|what format|file format|format of|where is the data of|location of|\bhow (?:often|frequently|regularly)\b.*\b(?:updated|refreshed|loaded|written)\b|stored on s3|s3 (?:path|location))\b",
    re.IGNORECASE,
)


JOINS = re.compile(
    r"\b(?:which|what|any|all|list|show)(?: me)?(?: other)? (?:tables?|data ?sets?)\b.*\b(?:joins?|joined|joinable|relates?|related|links?|linked|connects?|connected|refers?|references?)\b|\bwhat (?:can|could) (?:i|we|be) (?:be )?join(?:ed)?\b|\bwhat (?:joins?|references?|refers|links?|relates?)\b|\b(?:is|are)\b.*\b(?:joined|linked|related|connected) (?:to|with|by|on)\b|"
    r"\b(?:how (?:do|can|would|to|are|is)\b.*\b(?:join(?:ed|s)?|related|relate|connected|linked|link)|relationships?|foreign keys?|join (?:key|path|condition))\b",
    re.IGNORECASE,
)


MEASURES = re.compile(
    r"\b(?:what|which|list|show)\b.*\b(?:measures?|metrics?|kpis?)\b|"
    r"\bhow (?:exactly |precisely )?(?:(?:is|are|was|were)\b.{1,60}\b(?:defined|calculated|computed|measured)|"
    r"(?:do|did) (?:we|you|they) (?:define|calculate|compute)\b)|\b(?:definition|formula) (?:of|for|behind)\b",
    re.IGNORECASE,
)


DATA_WORDS = re.compile(
    r"\b(?:how many (?!columns|fields|tables|databases|partitions|data ?sets|views|schemas|dbs)|how much|average|avg|total|sum|count of|number of (?!columns|tables|databases|partitions)|top \d+|distinct|per (?:day|month|week|year)|where \w+ (?:=|is)|latest|preview|sample|first \d+|last \d+|rows?\b|most|least|fewest|highest|lowest|best|worst|biggest|largest|smallest)\b",
    re.IGNORECASE,
)


PREVIEW = re.compile(
    r"\b(?:preview|sample(?: rows| data| records)?(?: of| from)?|peek(?: at| into)?|head of|example rows|some rows|a few rows|(?:first|last|latest)? ?(?P<n>\d+) (?:sample |example )?(?:rows|records|lines|entries)|what does .* (?:data )?look like|rows? (?:of|from|in))\b",
    re.IGNORECASE,
)


WHICH_JOIN = re.compile(
    r"\b(?:which|what|any|all|list|show)(?: me)?(?: other)? (?:tables?|data ?sets?)\b|\bwhat (?:can|could) (?:i|we|be)\b|\bwhat (?:joins?|references?|refers|links?|relates?)\b|\b(?:with|to) what\b",
    re.IGNORECASE,
)
"""Asks for the other side of a join: all tables that have one with what is named."""


OWNER = re.compile(
    r"\bwho (?:owns?|maintains?|manages?|(?:is|are) (?:the )?(?:owners?|stewards?|contacts?|responsible|accountable|in charge)|looks after|takes care of)\b|\b(?:owner|steward|contact(?: person)?|point of contact)s? (?:of|for)\b|\bwhom? (?:do|can|should|could) i (?:ask|contact|talk to|call)\b",
    re.IGNORECASE,
)


ORIGIN = re.compile(
    r"\bwhere (?:does|do)\b.+\b(?:come|comes|originate|stem) from\b|\blineage\b|\bwhat (?:feeds|fills|populates|loads)\b",
    re.IGNORECASE,
)


PERSONAL = re.compile(r"\b(?:personal|pii|sensitive|gdpr|private)\b", re.IGNORECASE)


COLUMN_NAMED = re.compile(
    r"\b(?:tables?|data ?sets?|views?|where)\b.*\b(?:columns?|fields?) (?:called|named|name) [\"'`“]?(?P<name>\w+)|\b(?:have|has|having|with|contain(?:s|ing)?) (?:an? |the )?[\"'`“]?(?P<before>\w+)[\"'`”]? (?:columns?|fields?)\W*$",
    re.IGNORECASE,
)
"""Asks for the tables that have a column of one name, which may be any word."""


COLUMNS_HOLD = re.compile(
    r"\b(?:which|what) (?:columns?|fields?) (?:holds?|contains?|stores?|keeps?|mentions?|records?|(?:is|are) about)\b\s*(?P<topic>.+)",
    re.IGNORECASE,
)
"""Asks for columns of any table by what they hold."""
