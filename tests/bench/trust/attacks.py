"""S1 to S5: what inventions gain, however many they are, who got k honest people to vouch for them.

The honest are those of Bitcoin-OTC, or of a made market. Near: friends of whoever looks, who has
at least twenty. Far: anybody else, whom the liar picks blindly, and whoever looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from statistics import mean
from typing import Final

from goodword.node.arrays import Arrays
from goodword.protocol.trust import judge
from goodword.protocol.voices import VOICES_MAX, voices
from goodword.protocol.walk import Walk, walk
from goodword.protocol.word import Word, word

from .bar import Bar
from .baselines import PageRank, standing
from .farm import SHAPES, Farm
from .otc import Otc, Rating, edges
from .told import Told, key
from .viewers import Viewer, fool, viewers

FOOLED: Final = (1, 5, 20)
"""k: how many honest people are fooled."""
FEW: Final = 10
MANY: Final = 1000
"""N: how many inventions there are."""
DENSE_MAX: Final = 100
"""Of those who all vouch for all, where the pure rules are asked."""
NEAR: Final = 20
FAR: Final = 100
"""Viewers."""
LISTENED: Final = 5
"""Of the near ones those whose voices are counted: each takes seconds."""
VICTIMS: Final = 3
"""In best standing, and as many of whom hardly anything is known: one voice outweighs that."""
FAR_BARS: Final = {1: 0.25, 5: 0.32, 20: 0.42}


def measure(otc: Otc, *, many: int = MANY, far_away: int = FAR) -> Iterator[Bar]:
    near, far = viewers(otc, NEAR, max(FOOLED)), viewers(otc, far_away, 1)
    attack = Attack(otc, many)
    yield attack.growth(near, far)
    yield attack.amplification(near)
    yield attack.gained_voices(near[:LISTENED])
    yield from attack.percentiles(far)
    yield attack.slander(far)
    yield attack.one_voice(near[:LISTENED])


class Attack:
    def __init__(self, otc: Otc, many: int = MANY) -> None:
        self._otc = otc
        self._many = many
        self._now = otc.ratings[-1].made_at
        self._told = Told(otc.ratings)
        self._honest = Arrays(edges(otc.ratings, otc.people, self._now))
        self._farms = {
            (shape, count): self._arrays(self._farm(shape, count))
            for shape, count in product(SHAPES, (FEW, self._many))
        }

    def growth(self, near: Sequence[Viewer], far: Sequence[Viewer]) -> Bar:
        """S+ of a farm of many beside that of one of few."""
        worst = 0.0
        for shape, count in product(SHAPES, FOOLED):
            for viewer, fooled in [
                *((each, each.near[:count]) for each in near),
                *((each, each.far[:count]) for each in far),
            ]:
                few = self._plus(viewer, shape, FEW, fooled)
                if few > 0:
                    worst = max(worst, self._plus(viewer, shape, self._many, fooled) / few)
        name = f"S+ of {self._many:,} inventions / of {FEW}"
        heads = f"{(self._many - 1) / (FEW - 1):.3f} by heads"
        return Bar.at_most("S1", name, worst, 1.10, heads)

    def amplification(self, near: Sequence[Viewer]) -> Bar:
        """S+ of a farm beside that of the same vouches, had they been for the seller."""
        worst = max(
            *(
                self._amplified(viewer, shape, viewer.near[:count])
                for shape, count, viewer in product(SHAPES, FOOLED, near)
            ),
            *(self._amplified(viewer, "dense", [each]) for viewer in near for each in viewer.near),
        )
        return Bar.at_most("S2", "S+ of a farm / of its k vouches", worst, 1.60)

    def gained_voices(self, near: Sequence[Viewer]) -> Bar:
        """Voices for the seller above k, of farms of all shapes: by the pure rules."""
        above = -VOICES_MAX
        for shape, size in product(SHAPES, (FEW, self._many)):
            farm = self._farm(shape, min(size, DENSE_MAX) if shape == "dense" else size)
            farmed = Told(farm.ratings(), self._told)
            for viewer, count in product(near, (1, 2, 4)):
                told = Told(_vouches(farm, viewer.near[:count]), farmed)
                judgement = judge(told, self._walk(told, viewer), key(farm.seller), paths=0)
                above = max(above, voices(judgement).support - count)
        return Bar.at_most("S3", "voices for the seller, above k", above, 0)

    def percentiles(self, far: Sequence[Viewer]) -> Iterator[Bar]:
        for count, bar in FAR_BARS.items():
            blind = max(self._percentile(far, shape, count) for shape in SHAPES)
            aimed = max(self._percentile(far, shape, count, is_aimed=True) for shape in SHAPES)
            name = f"percentile of the seller, far, k = {count}"
            others = f"{self._ranked(far, count):.3f} PageRank, {self._overall(far):.3f} overall"
            yield Bar.at_most("S4", name, blind, bar, f"{others}; aimed {aimed:.3f}")

    def slander(self, far: Sequence[Viewer]) -> Bar:
        """How far somebody falls of whom many warn, for whom one far person vouched."""
        drops: list[float] = []
        for viewer in far:
            victim = self._victims(viewer)[0]
            farm = self._farm("star", self._many, victim)
            arrays = fool(self._arrays(farm), [farm.vouch(viewer.far[0], farm.door(0))])
            after = arrays.scores(viewer.reach(arrays), [victim], now=self._now).score[0]
            before = viewer.percentile(float(viewer.score[victim]))
            drops.append(before - viewer.percentile(float(after)))
        overall = f"{self._overall_drop(far):.3f} overall"
        return Bar.at_most("S5", "slandered from afar: percentile lost", mean(drops), 0.02, overall)

    def one_voice(self, near: Sequence[Viewer]) -> Bar:
        """How often many inventions and one fooled friend make a good person *avoided*."""
        avoided = 0
        for viewer in near:
            victims = self._victims(viewer)
            for victim in victims[:VICTIMS] + victims[-VICTIMS:]:
                farm = self._farm("star", self._many, victim)
                told = Told([*farm.ratings(), *_vouches(farm, viewer.near[:1])], self._told)
                judgement = judge(told, self._walk(told, viewer), key(victim), paths=0)
                avoided += word(judgement, voices(judgement)) is Word.AVOID
        return Bar.at_most("S5", "slandered through one friend: avoided", avoided, 0)

    def _farm(self, shape: str, count: int, victim: int | None = None) -> Farm:
        return Farm(shape=shape, first=self._otc.people, count=count, now=self._now, victim=victim)

    def _arrays(self, farm: Farm) -> Arrays:
        ratings = [*self._otc.ratings, *farm.ratings()]
        return Arrays(edges(ratings, farm.people, self._now))

    def _walk(self, told: Told, viewer: Viewer) -> Walk:
        return walk(told, key(viewer.me), self._now)

    def _amplified(self, viewer: Viewer, shape: str, fooled: Sequence[int]) -> float:
        farm = self._farm(shape, self._many)
        direct = fool(self._honest, [farm.vouch(each, farm.seller) for each in fooled])
        scores = direct.scores(viewer.reach(direct), [farm.seller], now=self._now)
        return self._plus(viewer, shape, self._many, fooled) / float(scores.plus[0])

    def _plus(self, viewer: Viewer, shape: str, size: int, fooled: Sequence[int]) -> float:
        return self._seen(viewer, shape, size, fooled)[0]

    def _seen(
        self, viewer: Viewer, shape: str, size: int, fooled: Sequence[int]
    ) -> tuple[float, float]:
        """S+ and the score of the seller."""
        farm = self._farm(shape, size)
        arrays = fool(self._farms[shape, size], _vouches(farm, fooled))
        scores = arrays.scores(viewer.reach(arrays), [farm.seller], now=self._now)
        return float(scores.plus[0]), float(scores.score[0])

    def _percentile(
        self, far: Sequence[Viewer], shape: str, count: int, *, is_aimed: bool = False
    ) -> float:
        """`is_aimed`: the liar knows to whom the trust of whoever looks reaches."""
        found: list[float] = []
        for viewer in far:
            fooled = (viewer.reached if is_aimed else viewer.far)[:count]
            found.append(viewer.percentile(self._seen(viewer, shape, self._many, fooled)[1]))
        return mean(found)

    def _ranked(self, far: Sequence[Viewer], count: int) -> float:
        """The same by PageRank - distrust."""
        farm = self._farm("star", self._many)
        inside = list(farm.ratings())
        found: list[float] = []
        for viewer in far:
            ratings = [*self._otc.ratings, *inside, *_vouches(farm, viewer.far[:count])]
            scores = PageRank(ratings, farm.people, self._now).scores(viewer.me)
            found.append(float((scores[viewer.is_known] < scores[farm.seller]).mean()))
        return mean(found)

    def _overall(self, far: Sequence[Viewer]) -> float:
        """The same by the standing with everybody, the inventions too."""
        farm = self._farm("star", self._many)
        found = standing([*self._otc.ratings, *farm.ratings()], farm.people)
        return mean(float((found[each.is_known] < found[farm.seller]).mean()) for each in far)

    def _overall_drop(self, far: Sequence[Viewer]) -> float:
        before = standing(self._otc.ratings, self._otc.people)
        drops: list[float] = []
        for viewer in far:
            victim = self._victims(viewer)[0]
            farm = self._farm("star", self._many, victim)
            after = standing([*self._otc.ratings, *farm.ratings()], farm.people)[victim]
            others = before[viewer.is_known]
            drops.append(float((others < before[victim]).mean() - (others < after).mean()))
        return mean(drops)

    def _victims(self, viewer: Viewer) -> list[int]:
        """Those in best standing of whom nobody warns."""
        warned = {each.subject for each in self._otc.ratings if each.strength < 0}
        known = [each for each in viewer.is_known if each not in warned]
        return sorted(known, key=lambda each: -viewer.score[each])


def _vouches(farm: Farm, fooled: Sequence[int]) -> list[Rating]:
    return [farm.vouch(each, farm.door(n)) for n, each in enumerate(fooled)]
