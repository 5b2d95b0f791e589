"""What a program that shows Markdown would make of a report."""

import re

from markdown_it import MarkdownIt

# GitHub links these in text, with no mark around them, and notifies whom it mentions.
LINKED = re.compile(
    r"(?:https?|ftp|s3|javascript)://|\bwww\.\w|[\w.+-]+@[\w-]+\.\w|(?<!\w)@\w", re.IGNORECASE
)
ACTIVE = {"html_block", "html_inline", "link_open", "image", "em_open", "strong_open", "s_open"}


def tokens(text):
    """All tokens of a document, those of its lines among them."""
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [token for each in parsed for token in (each, *(each.children or ()))]


def active(text):
    """What would act, be clicked or stand out."""
    found = tokens(text)
    kinds = {token.type for token in found} & ACTIVE
    linked = {
        match for each in found if each.type == "text" for match in LINKED.findall(each.content)
    }
    return kinds | linked


def shown(text):
    """The words that a person sees."""
    return "".join(token.content for token in tokens(text) if token.type in {"text", "code_inline"})


def headings(text):
    """The headings, as a person sees them."""
    found = tokens(text)
    return [
        "".join(child.content for child in found[place + 1].children or ())
        for place, token in enumerate(found)
        if token.type == "heading_open"
    ]
