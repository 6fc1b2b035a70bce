"""Read the labels out of what follows the answer marker.

The content is cut into tokens (``tokens``), which must then be::

    answer = { leader } (items | run) [closer]
    leader = 選択肢 | 正解は | 答えは | option | answer and the like
    items  = item { sep item }            white space alone joins two labels without text
    item   = label [the option's own text] [tail]
    run    = labels written together (``ac``), as many as were asked, two or more
    closer = です | である | が正しい and the like

The option's own text may hold anything. A tail (``が最も適切です``, ``緊急の手術が必要``) names no
other label and must leave the choice as it is, which ``leaves_choice`` decides: no doubt, no
negation, no other option's text. Whatever does not fit is no answer. Any number of labels may be
read; whether it is the number asked is for ``grading``.
"""

from __future__ import annotations

from itertools import dropwhile

from jmle_plugin.exam.model import Question
from jmle_plugin.mark.tokens import (
    Token,
    by_folded,
    is_closer,
    is_leader,
    leaves_choice,
    tokens_of,
)


def read_exact(question: Question, content: str) -> tuple[str, ...]:
    """Return the labels of ``a`` or ``a,c``, as keys have them; () for anything else."""
    labels = content.split(",")
    if len(set(labels)) == len(labels) and set(labels) <= set(question.labels):
        return question.kind.canonical(labels)
    return ()


def read(question: Question, content: str) -> tuple[str, ...]:
    """Return the sorted labels that ``content`` names; () where it does not fit the grammar."""
    return _Reader(question, tokens_of(question, content)).answer()


def begins(question: Question, content: str) -> bool:
    """Tell whether ``content`` begins with a label, or with labels written together."""
    labels = by_folded(question)
    for token in tokens_of(question, content):
        if token.kind == "word" and not is_leader(token):
            return token.text in labels or all(char in labels for char in token.text)
        if token.kind != "link" and not is_leader(token):
            return False
    return False


def _without_leading_links(tokens: list[Token]) -> list[Token]:
    return list(dropwhile(lambda token: token.kind == "link", tokens))


class _Reader:
    """One pass over the tokens, without backtracking."""

    def __init__(self, question: Question, tokens: list[Token]) -> None:
        self._labels = by_folded(question)
        self._select = question.select
        self._own = {
            label: _without_leading_links(tokens_of(question, text))
            for label, text in question.options.items()
        }
        self._words = {
            label: [token.text for token in own if token.kind != "link"]
            for label, own in self._own.items()
        }
        self._tokens = tokens
        self._at = 0

    def answer(self) -> tuple[str, ...]:
        self._skip("link")
        while self._here() and is_leader(self._tokens[self._at]):
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
        rest = [token.text for token in self._tokens[self._at :] if not is_closer(token)]
        first = self._labels.get(rest[0]) if len(rest) > 1 else None
        return any(
            rest == [token.text for token in own]
            for label, own in self._own.items()
            if first and label != first
        )

    def _run(self) -> set[str]:
        rest = [t for t in self._tokens[self._at :] if t.kind != "link" and not is_closer(t)]
        if len(rest) != 1 or self._select == 1 or rest[0].text in self._labels:
            return set()
        written = rest[0].text
        picks = {self._labels[char] for char in written if char in self._labels}
        asked = self._select or len(written)
        return picks if len(written) == len(picks) == asked > 1 else set()

    def _items(self) -> set[str]:
        picks: set[str] = set()
        while self._is_label(self._at):
            label = self._labels[self._tokens[self._at].text]
            if picks and self._another_text(label):
                break
            picks.add(label)
            self._at += 1
            start = self._at
            if not self._description(label):
                break
            described = self._at > start
            separated = self._skip("sep")
            if not self._here():
                return picks
            if described and not separated:
                break
        return set()

    def _description(self, label: str) -> bool:
        """Step over what stands behind a label; False where it does not leave that chosen."""
        named = self._own_text(label)
        if not named and self._another_text(label):
            return False
        tail = self._tail(named=named)
        others = {other: words for other, words in self._words.items() if other != label}
        return not tail or leaves_choice(tail, self._words[label], others, named=named)

    def _own_text(self, label: str) -> bool:
        """Step over the option's own text, unless a longer text of another option stands there."""
        own = self._own[label]
        at = self._at
        while at < len(self._tokens) and self._tokens[at].kind in ("link", "sep"):
            at += 1
        longer = any(len(text) > len(own) and self._stands(text, at) for text in self._own.values())
        # An option whose whole text is another's label ("c": "a") settles nothing.
        a_label = len(own) == 1 and self._labels.get(own[0].text, label) != label
        if not own or not self._stands(own, at) or longer or a_label:
            return False
        self._at = at + len(own)
        return True

    def _stands(self, text: list[Token], at: int) -> bool:
        there = self._tokens[at : at + len(text)]
        return [token.text for token in there] == [token.text for token in text]

    def _another_text(self, label: str) -> bool:
        """Whether another option's text stands here that begins like a label: a（A 型肝炎）."""
        return any(
            len(text) > 1 and self._is_label(self._at) and self._stands(text, self._at)
            for other, text in self._own.items()
            if other != label
        )

    def _tail(self, *, named: bool) -> list[Token]:
        """Take everything up to the next label or the separator before it."""
        start = self._at
        while self._here():
            if self._names_label(self._at, named=named):
                break
            if self._tokens[self._at].kind == "sep":
                after = self._after_seps(self._at)
                if after == len(self._tokens) or self._names_label(after, named=named):
                    break
                self._at = after
            else:
                self._at += 1
        tail = self._tokens[start : self._at]
        if self._here():
            return tail
        while tail and tail[-1].kind == "link":
            tail.pop()
        return tail

    def _names_label(self, at: int, *, named: bool) -> bool:
        """Whether a label stands there that is no part of a word in a bracketed remark: B群."""
        if not self._is_label(at) or not (named and self._tokens[at].inside):
            return self._is_label(at)
        following = self._tokens[at + 1 : at + 3]
        if following and following[0].kind == "link":
            del following[0]
        glued = bool(following) and following[0].glued and following[0].kind == "text"
        return not glued or "ぁ" <= following[0].text[0] <= "ゖ"

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
