"""Answers in the broker's own Redis or Valkey, so that all workers share them.

One hash with a fixed number of places, like a direct-mapped cache: a key has one place, where the last answer that was
put there stays. So it is bounded without a record of what was used when, and a batch of keys is one command.
"""

from collections.abc import Mapping, Sequence

from loupe_inference.answers import Answer
from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
from loupe_shared.settings import BrokerSettings

KEY = f"{KEY_PREFIX}answers"
KEY_BYTES = 32
KEEPER = "the cache of answers"

# Arguments come in pairs: place, key. What others have put into a place is not sent, only to be thrown away here.
_RECALL = f"""
local found = {{}}
for i = 1, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  local known = value and string.sub(value, 1, {KEY_BYTES}) == ARGV[i + 1]
  found[#found + 1] = known and string.sub(value, {KEY_BYTES + 1})
end
return found
"""


class ValkeyAnswers:
    """``Answers`` in a hash of the broker.

    Args:
        settings: the broker.
        places: how many answers are kept at most; about three kilobytes each.
    """

    def __init__(self, settings: BrokerSettings, places: int) -> None:
        self._client = connect(settings, as_text=False)
        self._recall = self._client.register_script(_RECALL)
        self._places = places

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """See ``Answers.recall``."""
        if not keys:
            return {}
        with answering(KEEPER):
            answers = self._recall([KEY], [part for key in keys for part in (self._place(key), key)])
        return {key: Answer.model_validate_json(answer) for key, answer in zip(keys, answers, strict=True) if answer}

    def remember(self, answers: Mapping[bytes, Answer]) -> None:
        """See ``Answers.remember``."""
        if not answers:
            return
        with answering(KEEPER):
            self._client.hset(
                KEY,
                mapping={self._place(key): key + answer.model_dump_json().encode() for key, answer in answers.items()},
            )

    def _place(self, key: bytes) -> str:
        return str(int.from_bytes(key[:8], "big") % self._places)
