"""Two aioice TURN clients of one room talk through two relayed addresses, over one transport.

Arguments: server port, transport (udp or tcp), then user name and password of each. Prints "ok COUNT" when COUNT
messages went each way, in order; exits with 1 otherwise.
"""

import asyncio
import sys

from aioice import turn

COUNT = 50


class Inbox(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.received.put_nowait((data, addr))


async def allocate(port, transport, username, password):
    return await turn.create_turn_endpoint(
        Inbox, server_addr=("127.0.0.1", port), username=username, password=password, transport=transport
    )


async def main(port, transport, *credentials):
    one, inbox_one = await allocate(port, transport, *credentials[:2])
    other, inbox_other = await allocate(port, transport, *credentials[2:])
    at_one, at_other = (end.get_extra_info("sockname") for end in (one, other))
    # A side hears nothing before it has bound its own channel, which its first message does.
    for _ in range(50):
        one.sendto(b"knock", at_other)
        other.sendto(b"knock", at_one)
        await asyncio.sleep(0.1)
        if inbox_one.received.qsize() and inbox_other.received.qsize():
            break
    await asyncio.sleep(0.3)
    for inbox in (inbox_one, inbox_other):
        while not inbox.received.empty():
            inbox.received.get_nowait()
    for number in range(COUNT):
        payload = b"%d " % number + b"x" * (number * 17 % 1100)
        for sender, to, inbox, origin in (
            (one, at_other, inbox_other, at_one),
            (other, at_one, inbox_one, at_other),
        ):
            sender.sendto(payload, to)
            heard = await asyncio.wait_for(inbox.received.get(), 10)
            if heard != (payload, origin):
                sys.exit(f"heard something else than what was said: {heard}")
    one.close()
    other.close()
    print(f"ok {COUNT}")


asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
