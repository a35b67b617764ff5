"""The three functions we use (BIP-173 and BIP-350)."""

from collections.abc import Iterable

class Encoding:
    BECH32: int
    BECH32M: int

def bech32_encode(encoding: int, hrp: str, data: list[int]) -> str: ...
def bech32_decode(bech: str) -> tuple[int, str, list[int]] | tuple[None, None, None]: ...
def convertbits(
    data: Iterable[int], frombits: int, tobits: int, pad: bool = True
) -> list[int] | None: ...
