"""``python3 -c`` of this, with arguments such as 80:8000, hands on what comes to a port. Kubernetes' Services do so."""

import asyncio
import sys
from functools import partial


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """From one side to the other until it ends."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other side has gone; it is told so below
    finally:
        writer.close()


async def serve(target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    try:
        there = await asyncio.open_connection("127.0.0.1", target)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))


async def main(ports: list[str]) -> None:
    """Until the process is ended."""
    for pair in ports:
        port, target = map(int, pair.split(":"))
        await asyncio.start_server(partial(serve, target), "0.0.0.0", port)  # noqa: S104  (a container's own network)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
