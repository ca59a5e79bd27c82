"""The parser of redis-py for a store that may lie: an answer that is too long is refused before it is read."""

from __future__ import annotations

# redis-py takes any parser, and has no public name for the ones to begin with.
from redis._parsers import _AsyncRESP2Parser
from redis.exceptions import InvalidResponse

# A batch's answer has 250 numbers of at most 23 bytes. Reading this many takes the loop some milliseconds.
ANSWER_BYTES_MAX = 16 * 1024


class BoundedParser(_AsyncRESP2Parser):
    """Reads an answer of so many bytes; of a longer one the rest stays in the socket, but for what asyncio buffers."""

    async def _read(self, length: int) -> bytes:
        self._expect(length)
        return await super()._read(length)

    async def _readline(self) -> bytes:
        # A line is bounded by asyncio, and is all that an item of a list needs: this bounds the length of lists.
        self._expect(0)
        return await super()._readline()

    def _expect(self, length: int) -> None:
        """Raise for bytes beyond the bound; `_pos` is how many of the answer were read."""
        if self._pos + length > ANSWER_BYTES_MAX:
            raise InvalidResponse("the store's answer is too long")
