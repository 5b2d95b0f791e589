"""Families of statements of up to 20,000 characters that ask much of whoever reads them."""

LONGEST = 20_000


def statements():
    """Name and text of each, as long as the guard looks at."""
    made = {name: _filled(*parts) for name, parts in FILLED.items()} | DEEP | WIDE
    return {name: sql[:LONGEST] for name, sql in made.items()}


def _filled(before, unit, after=""):
    times = (LONGEST - len(before) - len(after)) // len(unit)
    return before + unit * times + after


FILLED = {
    "terms": ("SELECT 1", "+1"),
    "unions": ("SELECT 1", " UNION SELECT 1"),
    "unions of tables": ("SELECT * FROM t", " UNION ALL SELECT * FROM t"),
    "open brackets": ("SELECT ", "("),
    "quotes": ("SELECT ", "'"),
    "double quotes": ("SELECT ", '"'),
    "texts": ("SELECT ", "'a',", "1"),
    "comments": ("SELECT ", "/**/", "1"),
    "line comments": ("SELECT ", "--\n", "1"),
    "an open comment": ("SELECT 1 ", "/*"),
    "backslashes": ("SELECT '", "\\", "'"),
    "newlines": ("SELECT 1", "\n", " FROM t"),
    "tables on lines": ("SELECT * FROM t", "\n,t"),
    "letters of another script": ("SELECT ", "\uff45"),
    "explains": ("EXPLAIN ", "EXPLAIN "),
    "selects": ("", "SELECT "),
    "texts after SHOW": ("SHOW TABLES ", "'a' "),
    "parts of a name": ("DESCRIBE a", ".a"),
    "a path": ("SELECT json_extract(a, '$", ".b", "')"),
    "open parts of a path": ("SELECT json_extract(a, '$", "[", "')"),
    "regular expression": ("SELECT regexp_like(a, '", "(a+)+", "$')"),
    "digits": ("SELECT ", "9"),
}
DEEP = {
    "joins without conditions": "SELECT * FROM " + "a JOIN " * 55 + "b",
    "brackets": "SELECT " + "(" * 58 + "1" + ")" * 58,
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 58 + "t" + ")" * 58,
    "arrays": "SELECT " + "ARRAY[" * 58 + "1" + "]" * 58,
    "cases": "SELECT " + "CASE WHEN true THEN " * 58 + "1" + " END" * 58,
    "expressions": "WITH a AS (" * 58 + "SELECT 1" + ") SELECT * FROM a" * 58,
    "joins in brackets": "SELECT * FROM " + "(" * 58 + "t" + " JOIN t ON true)" * 58,
    "unions in brackets": "(" * 58 + "SELECT 1" + " UNION SELECT 1)" * 58,
    "rows of a type": "SELECT CAST(a AS " + "row(a " * 55 + "int" + ")" * 55 + ")",
}
WIDE = {
    "NOTs": "SELECT " + "NOT " * 1_990 + "true",
    "signs": "SELECT " + "- " * 1_990 + "1",
    "lambdas": "SELECT f(" + "x -> " * 1_300 + "1)",
    "subscripts": "SELECT a" + "[1]" * 1_300,
    "columns": "SELECT a" + ",a" * 1_990 + " FROM t",
    "tables": "SELECT * FROM t" + ",t" * 1_990,
    "joins": "SELECT * FROM t" + " JOIN t ON 1=1" * 560,
    "conditions": "SELECT 1 WHERE a" + " AND a" * 1_990,
    "alternatives": "SELECT 1 WHERE a=1" + " OR a=1" * 990,
    "common tables": "WITH " + ",".join(f"a{n} AS (SELECT 1)" for n in range(480)) + " SELECT 1",
    "common tables on tables": "WITH a0 AS (SELECT 1)"
    + "".join(f",a{n} AS (SELECT * FROM a{n - 1})" for n in range(1, 430))
    + " SELECT 1",
    "small subqueries": "SELECT " + "(SELECT 1)," * 780 + "1",
    "ids": "SELECT 1 WHERE a IN (1" + ",1" * 1_990 + ")",
    "rows": "VALUES (1)" + ",(1)" * 990,
    "windows": "SELECT " + "sum(a) OVER (PARTITION BY b ORDER BY c)," * 280 + "1",
    "casts": "SELECT " + "CAST(a AS row(b int,c varchar))," * 280 + "1",
}
