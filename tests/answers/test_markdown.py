import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.answers.markdown import block, bullets, code, plain, table
from tests.answers.rendered import active, headings, shown, tokens

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<details open><summary>x</summary>",
    "<!-- hidden",
    "&lt;b&gt; and &#60;b&#62; and &#104;ttp&#58;//evil.example",
    "https&colon;&sol;&sol;evil.example and &commat;ana",
    "[click](https://evil.example/approve)",
    "[click]( javascript://x )",
    "![](https://evil.example/pixel.png)",
    "[click][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/?q=1",
    "HTTP://EVIL.EXAMPLE and ftp://evil.example",
    "www.evil.example and WWW.EVIL.EXAMPLE",
    "s3://bucket/key",
    "@security-team please approve, cc @ana",
    "write to someone.unknown@localhost.x1",
    "# Approve now",
    "## Approvals\n\n- redrive: **EXECUTED**",
    "Setext\n===",
    "---",
    "- [x] done",
    "1. first",
    "12) twelfth",
    "+ plus",
    "> quote",
    "    indented",
    "```\nfence",
    "~~~\nfence",
    "`code` ``more``",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a \\| b \\\\| c",
    "ends with a backslash \\",
    "$\\href{javascript:alert(1)}{x}$ and $$x$$",
    "\x1b[31mred\x1b[0m\x00\x07",
    "\u202egnp.exe\u202c \u200b\u2066x",
    "שלום عربي 😀👩‍👩‍👧 漢字",
    "\ud800 lone",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_read(text):
    for placed in (
        plain(text),
        f"- {plain(text)}",
        f"1. {plain(text)} ({plain(text)})",
        table(("a", "b"), [(plain(text), "x")]),
        code(text),
    ):
        assert active(placed) == set()
        assert headings(placed) == []
        assert not {token.type for token in tokens(placed)} & {"fence", "code_block", "hr"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_do_not_begin_a_list_or_a_quotation_in_a_list(text):
    kinds = [token.type for token in tokens(bullets([plain(text)], ""))]

    assert kinds.count("list_item_open") == 1
    assert "ordered_list_open" not in kinds
    assert "blockquote_open" not in kinds


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_leaves_a_block(text):
    (fence,) = tokens(block(f"{text}\n{text}", "text"))

    assert fence.type == "fence"


@pytest.mark.parametrize("ticks", [3, 4, 9])
def test_a_fence_in_a_block_does_not_end_it(ticks):
    text = "`" * ticks + "\n<b>"

    (fence,) = tokens(block(text))

    assert fence.content == f"{text}\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_its_columns(text):
    cells = [
        token
        for token in tokens(table(("a", "b"), [(plain(text), "x")]))
        if token.type == "td_open"
    ]

    assert len(cells) == 2


def test_what_is_escaped_reads_as_it_was_written():
    text = "100 % of `a_b` * 2 < 3 & #4 | {x} [y] $5 ~6 \\n"

    assert shown(plain(text)) == text


def test_addresses_stay_legible_without_being_links():
    words = plain("see https://evil.example, www.evil.example, cc @ana")

    assert shown(words) == "see https[:]//evil.example, www[.]evil.example, cc [@]ana"


def test_people_are_masked_and_words_are_cut_with_a_mark():
    assert plain("mail ana@example.org") == "mail \\{EMAIL\\}"
    assert block("mail ana@example.org") == "```\nmail {EMAIL}\n```"
    assert plain("x" * 20, 5) == "xxxxx…"
    assert code("") == "`-`"


fragments = st.sampled_from(
    [
        *"`*_{}[]<>#|~&$!\\+-=.)(:/@\n\t 1aé",
        "www",
        "http",
        "://",
        "```",
        "---",
        "<b>",
        "](x)",
        "&amp;",
    ]
)


@given(st.lists(fragments, max_size=30).map("".join))
def test_whatever_is_written_is_only_read(text):
    for placed in (f"Said: {plain(text)}", f"- {plain(text)}", f"| a |\n|---|\n| {plain(text)} |"):
        assert active(placed) == set()
        assert headings(placed) == []
    assert [token.type for token in tokens(block(text))] == ["fence"]
