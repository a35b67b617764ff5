from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.phrase import WORDS, BadPhrase, from_words, to_words

VECTORS: list[dict[str, str]] = json.loads(Path(__file__).with_name("bip39.json").read_text())[
    "vectors"
]
PHRASE = to_words(bytes(range(32)))

entropies = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["entropy"][:8] for vector in VECTORS])
def test_the_official_vectors_are_written_and_read_alike(vector: dict[str, str]) -> None:
    entropy = bytes.fromhex(vector["entropy"])
    assert to_words(entropy) == vector["words"]
    assert from_words(vector["words"]) == entropy


@given(entropies)
def test_words_are_read_back(entropy: bytes) -> None:
    assert from_words(to_words(entropy)) == entropy


@given(st.lists(st.sampled_from([" ", "  ", "\n", "\t ", "\u3000"]), min_size=25, max_size=25))
def test_spaces_line_ends_and_capitals_do_no_harm(gaps: list[str]) -> None:
    words = PHRASE.upper().split()
    typed = gaps[0] + "".join(word + gap for word, gap in zip(words, gaps[1:], strict=True))
    assert from_words(typed) == bytes(range(32))


def test_wide_letters_are_read_too() -> None:
    """East Asian input methods type them."""
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in PHRASE)
    assert from_words(wide) == bytes(range(32))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_only_32_bytes_become_words(size: int) -> None:
    with pytest.raises(ValueError, match="holds 32 bytes"):
        to_words(bytes(size))


@pytest.mark.parametrize(
    ("place", "word", "why"),
    [
        (0, "abandn", "word 1 is 'abandn', .*perhaps 'abandon'"),
        (11, "zzzzzzzz", "word 12 is 'zzzzzzzz', which is not in the list$"),
        (23, "x" * 300, f"word 24 is '{'x' * 20}'"),
        (5, "ábandon", "word 6 is "),
    ],
)
def test_an_unknown_word_is_named(place: int, word: str, why: str) -> None:
    words = PHRASE.split()
    words[place] = word
    with pytest.raises(BadPhrase, match=why):
        from_words(" ".join(words))


@pytest.mark.parametrize("count", [0, 1, 12, 23, 25])
def test_another_count_of_words_is_named(count: int) -> None:
    words = (PHRASE + " abandon").split()[:count]
    with pytest.raises(BadPhrase, match=f"{WORDS} words, this has {count}"):
        from_words(" ".join(words))


def test_an_endless_phrase_is_not_read() -> None:
    with pytest.raises(BadPhrase, match="at most"):
        from_words("abandon " * 1_000)


def test_a_known_but_wrong_word_fails_the_checksum() -> None:
    with pytest.raises(BadPhrase, match="checksum"):
        from_words(" ".join(["abandon"] * 24))


def test_swapped_words_are_nearly_always_noticed() -> None:
    """Eight bits let one mistake in 256 pass: said in the docstring, so held here."""
    words = PHRASE.split()
    passed = 0
    for first, second in pairwise(range(WORDS)):
        swapped = words.copy()
        swapped[first], swapped[second] = words[second], words[first]
        try:
            from_words(" ".join(swapped))
            passed += 1
        except BadPhrase:
            pass
    assert passed <= 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadPhrase):
        from_words(text)
