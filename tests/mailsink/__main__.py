"""`python -m tests.mailsink`: the server. A line of JSON in, a line of JSON out; it ends with its input."""

import asyncio
import json
import re
import sys
from collections import Counter
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


class Handler:
    """What it does with whom."""

    def __init__(self) -> None:
        self.rules: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.message_ids: dict[str, list[str]] = {}
        self.last = b""

    async def handle_RCPT(  # noqa: N802 - the package's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if reply := self.rules.get("refuse", {}).get(address.lower()) or self.rules.get("refuse_all"):
            return str(reply)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        await asyncio.sleep(self.rules.get("slow", 0))
        address = envelope.rcpt_tos[0].lower()
        if reply := self.rules.get("refuse_text", {}).get(address):
            return str(reply)
        if self.rules.get("hang_up") == "text":
            server.transport.abort()
            return "250 never heard"
        self.take(address, bytes(envelope.content or b""))
        if self.rules.get("hang_up") == "taken":
            server.transport.abort()
        return "250 taken"

    def take(self, address: str, text: bytes) -> None:
        self.counts[address] += 1
        self.last = text
        if found := MESSAGE_ID.search(text):
            self.message_ids.setdefault(address, []).append(found[1].decode())


class Conversation(SMTP):
    """Hangs up as it is told to."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.event_handler.rules.get("hang_up") == "connected":
            self.transport.abort()

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - as above
        most = self.event_handler.rules.get("close_after")
        self.taken += 1
        if most and self.taken > most:
            await self.push("421 that is enough on one connection")
            self.transport.close()
        else:
            await super().smtp_MAIL(arg)


async def serve() -> None:
    """Until nobody asks any more."""
    handler = Handler()
    loop = asyncio.get_running_loop()

    async def listen(port: int) -> asyncio.Server:
        return await loop.create_server(
            lambda: Conversation(handler, hostname="sink", ident="sink", loop=loop), "127.0.0.1", port
        )

    server = await listen(0)
    port = server.sockets[0].getsockname()[1]
    reader = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        asked = json.loads(line)
        handler.rules |= asked.get("rules", {})
        if handler.rules.get("is_down"):
            server.close()
        elif not server.is_serving():
            server = await listen(port)
        told: dict[str, Any] = {"port": port, "number": handler.counts.total()}
        if not asked.get("brief"):
            told |= {"counts": handler.counts, "message_ids": handler.message_ids}
            told["last"] = handler.last.decode("utf-8", "replace")
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
