"""Read the labels out of what follows the answer marker.

The content is cut into tokens (``tokens``), which must then be::

    answer = [leader] (items | run) [closer]
    leader = 選択肢 | 正解 | 正答 | 答え | 解答, with or without は | option | answer
    items  = item { sep item }            white space alone joins two labels without text
    item   = label [text]
    text   = the option's own text | free text
    run    = labels written together (``ac``), as many as were asked, two or more
    closer = です | である

Free text (``c 緊急の手術が必要``) is set apart from its label, does not begin with hiragana (a
particle makes the label part of a sentence: ``aではなく``), names no other label or lone
letter, is not the text of another option (nor is it together with its label), and holds no word
of doubt or negation. Whatever does not fit is no answer. Any number of labels may be read;
whether it is the number asked is for ``grading``.
"""

from __future__ import annotations

import re
from itertools import pairwise

from jmle_plugin.exam.model import Question
from jmle_plugin.mark.tokens import CLOSERS, LEADERS, Token, by_folded, tokens_of

_DOUBT = re.compile(
    r"または|又は|もしくは|若しくは|あるいは|或いは|ではな|でな|じゃな|以外|かも|不明|いずれ|わから|分から"
)
_DOUBT_WORDS = frozenset({"or", "not", "either", "neither", "except", "unknown", "none", "unsure"})


def read_exact(question: Question, content: str) -> tuple[str, ...]:
    """Return the sorted labels of ``a`` or ``a,c``; () where anything else is written."""
    labels = content.split(",")
    if len(set(labels)) == len(labels) and set(labels) <= set(question.labels):
        return tuple(sorted(labels))
    return ()


def read(question: Question, content: str) -> tuple[str, ...]:
    """Return the sorted labels that ``content`` names; () where it does not fit the grammar."""
    return _Reader(question, tokens_of(question, content)).answer()


def begins(question: Question, content: str) -> bool:
    """Tell whether ``content`` begins with a label, or with labels written together."""
    labels = by_folded(question)
    for token in tokens_of(question, content):
        if token.kind == "word" and token.text not in LEADERS:
            return token.text in labels or all(char in labels for char in token.text)
        if token.kind != "link" and token.text not in LEADERS:
            return False
    return False


_END = Token("end", "", glued=False)


def _doubtful(token: Token, following: Token) -> bool:
    if token.kind == "word":
        # A lone letter may be an answer; the X of X線 is not alone.
        lone = not (following.glued and following.kind == "text")
        return (lone and token.text.isalpha() and len(token.text) == 1) or (
            token.text in _DOUBT_WORDS
        )
    return token.kind == "refuse" or _DOUBT.search(token.text) is not None


class _Reader:
    """One pass over the tokens, without backtracking."""

    def __init__(self, question: Question, tokens: list[Token]) -> None:
        self._labels = by_folded(question)
        self._select = question.select
        self._own = {
            label: [token.text for token in tokens_of(question, text)]
            for label, text in question.options.items()
        }
        self._tokens = tokens
        self._at = 0

    def answer(self) -> tuple[str, ...]:
        self._skip("link")
        if self._here() and self._tokens[self._at].text in LEADERS:
            self._at += 1
            self._skip("link")
        if self._other_options_text():
            return ()
        picks = self._run() or self._items()
        return tuple(sorted(picks))

    def _other_options_text(self) -> bool:
        """Whether all that is left, several tokens, is the text of an option not named so.

        Where options are numbered, ``2 mg`` may be the second, or another one's text.
        """
        rest = [token.text for token in self._tokens[self._at :] if token.text not in CLOSERS]
        first = self._labels.get(rest[0]) if len(rest) > 1 else None
        return any(rest == own for label, own in self._own.items() if first and label != first)

    def _run(self) -> set[str]:
        rest = [t for t in self._tokens[self._at :] if t.kind != "link" and t.text not in CLOSERS]
        if len(rest) != 1 or self._select == 1 or rest[0].text in self._labels:
            return set()
        written = rest[0].text
        picks = {self._labels[char] for char in written if char in self._labels}
        asked = self._select or len(written)
        return picks if len(written) == len(picks) == asked > 1 else set()

    def _items(self) -> set[str]:
        picks: set[str] = set()
        while True:
            if not self._is_label(self._at):
                return set()
            label = self._labels[self._tokens[self._at].text]
            picks.add(label)
            self._at += 1
            if self._own_text(label):
                described = True
            else:
                segment = self._segment()
                if segment and not self._free_text(label, segment):
                    return set()
                described = bool(segment)
            if not self._skip("sep"):
                if not self._here():
                    return picks
                if described:
                    return set()
            elif not self._here():
                return picks

    def _own_text(self, label: str) -> bool:
        own = self._own[label]
        at = self._at
        while at < len(self._tokens) and self._tokens[at].kind in ("link", "sep"):
            at += 1
        end = at + len(own)
        if not own or [token.text for token in self._tokens[at:end]] != own:
            return False
        if self._is_label(at) and len(own) == 1:
            return False  # an option whose whole text is a label ("c": "a") settles nothing
        self._at = end
        self._closer()
        return True

    def _segment(self) -> list[Token]:
        """Take everything up to the next label or the separator before it."""
        start = self._at
        while self._here():
            if self._is_label(self._at):
                break
            if self._tokens[self._at].kind == "sep":
                after = self._after_seps(self._at)
                if after == len(self._tokens) or self._is_label(after):
                    break
                self._at = after
            else:
                self._at += 1
        segment = self._tokens[start : self._at]
        if self._here():
            return segment
        while segment and segment[-1].kind == "link":
            segment.pop()
        return segment

    def _free_text(self, label: str, segment: list[Token]) -> bool:
        if segment[0].kind == "sep":
            return False
        words = [token for token in segment if token.kind != "link"]
        if not words:
            return False
        first = words[0]
        if first.text in CLOSERS:
            return len(words) == 1
        if (first.glued and first is segment[0]) or "ぁ" <= first.text[0] <= "ゖ":
            return False
        written = [token.text for token in words]
        if any(written == own for other, own in self._own.items() if other != label):
            return False
        return not any(_doubtful(*pair) for pair in pairwise([*segment, _END]))

    def _closer(self) -> None:
        if self._here() and self._tokens[self._at].text in CLOSERS:
            self._at += 1

    def _skip(self, kind: str) -> bool:
        start = self._at
        while self._here() and self._tokens[self._at].kind == kind:
            self._at += 1
        return self._at > start

    def _after_seps(self, at: int) -> int:
        while at < len(self._tokens) and self._tokens[at].kind == "sep":
            at += 1
        return at

    def _here(self) -> bool:
        return self._at < len(self._tokens)

    def _is_label(self, at: int) -> bool:
        return (
            at < len(self._tokens)
            and self._tokens[at].kind == "word"
            and self._tokens[at].text in self._labels
        )
