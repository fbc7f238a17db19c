"""What the queue of images to review needs from the outside world."""

from collections.abc import Collection, Sequence
from typing import Protocol


class Claims(Protocol):
    """Who is looking at which images, for a while: each image is claimed by one holder at most.

    A holder's name may be anything. Safe for use from several threads and processes. Every method raises
    ``BrokerUnavailable`` when the claims do not answer.
    """

    def claim(self, holder: str, image_ids: Sequence[str], limit: int, seconds: float) -> list[str]:
        """Claim images in this order, in one step, passing over those that others hold.

        Args:
            holder: who claims. What it holds already it holds longer.
            image_ids: which images, those first that matter most.
            limit: how many at most.
            seconds: for how long, from now.

        Returns:
            Those that the holder has now, in the same order.
        """

    def held(self, holder: str) -> list[str]:
        """The images that a holder has, in no order."""

    def taken(self, holder: str, image_ids: Sequence[str]) -> set[str]:
        """Those of the images that others have."""

    def release(self, holder: str, image_ids: Collection[str]) -> int:
        """Give images back. Those of others stay theirs. Returns how many it were."""
