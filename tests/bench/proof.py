"""Figure 8: how large the evidence of a plain sale is, beside the records that it holds."""

from __future__ import annotations

from goodword.protocol import evidence
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event
from tests.make import ANN, BEN, chain, contract, listing, propose

from .figure import Figure


def measure() -> Figure:
    offered = listing(text="Thrown by hand, fired with pine.", region="Jingdezhen")
    sale = chain(
        propose(contract(offered, ship_to=bytes(96))),
        (BEN, Event.ACCEPT),
        (ANN, Event.PAY_SENT),
        (BEN, Event.PAY_RECEIVED),
        (BEN, Event.FULFIL),
        (ANN, Event.CONFIRM),
        (BEN, Event.ACKNOWLEDGE),
    )
    file = evidence.write(OrderId(sale[0].slot), offered, sale)
    held = sum(len(each.to_bytes()) for each in [offered, *sale])
    return Figure(
        name="evidence of a plain sale, seven entries",
        ours=f"{len(file):,} bytes",
        raw=f"{held:,} bytes its records",
        ratio=f"{len(file) / held:.2f}",
        bar="≤ 4,096 bytes",
        is_met=len(file) <= 4_096,
    )
