"""Measure the portal beside its floor, in one run, and print the ratios.

    make bench

Both run as one process on SQLite, against the same sandbox in a process of its own. The floor is in
floor.py. They take turns, five rounds each, and medians are compared. Figures of one run on one
machine: the ratios travel, the milliseconds do not.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from tests.bench import measuring, paint, strangers
from tests.bench.processes import first_line, peak_memory_mb, running
from tests.bench.sides import Side, Stripe, mails_held_back, open_sides, start_again

ROUNDS = 5
WARM = 150
KNOWN = [f"bare{number}-" for number in range(ROUNDS)]
"""How the addresses begin of those who sign up for the first line."""
STRIPE_S = 0.05
PASSWORDS = 12
PAGES = (
    ("sign-up form", "GET", "/signup?plan=studio", 25),
    ("address of a country", "POST", "/signup/address", 10),
    ("check of a field", "POST", "/signup/field/email", 10),
)
"""What is shown, and within how many milliseconds."""


async def main() -> None:
    """Run everything and print a line for each mark."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            sandbox = await stack.enter_async_context(
                running("-m", "portal.sandbox", "--port", "0", env={})
            )
            told = await first_line(sandbox)
            stripe = Stripe(told["stripe"], told["key"])
            ours, floor = await open_sides(stack, Path(folder), stripe)
            await _start(ours)
            for side in (ours, floor):  # Warm both up alike.
                await measuring.sign_ups(side, "warm", WARM, at_once=8)
            await _sign_up_cpu(ours, floor)
            await _answers(ours, floor, stripe)
            await _webhooks(ours, floor)
            await _pages(ours)
            await _strangers(ours)
            memory = peak_memory_mb(ours.pid)
            _print("memory, at most", f"{memory:.0f} MB", "≤ 120 MB", memory <= 120)
            await _passwords(ours)
            print(f"{'… with passwords':<22} {peak_memory_mb(ours.pid):.0f} MB", flush=True)
            size = await measuring.page_bytes(ours)
            _print("sign-up page, gzip", f"{size / 1000:.1f} kB", "≤ 25 kB", size <= 25_000)


async def _start(ours: Side) -> None:
    started = median([ours.started_s, *[await start_again(ours) for _ in range(ROUNDS - 1)]])
    _print("started in", f"{started:.2f} s", "≤ 2 s", started <= 2)


async def _sign_up_cpu(ours: Side, floor: Side) -> None:
    """Compare a sign-up with its three Stripe calls; then with its mail, which the floor lacks."""
    bare, with_mail, least = [], [], []
    for number, stem in enumerate(KNOWN):
        with mails_held_back(ours):
            bare.append(await measuring.cpu_ms(ours, stem))
        least.append(await measuring.cpu_ms(floor, f"cpu{number}-"))
        with_mail.append(await measuring.cpu_ms(ours, f"mail{number}-"))
    _ratio("sign-up CPU, no mail", median(bare), median(least), "ms", 1.3)
    _ratio("… with welcome mail", median(with_mail), median(least), "ms", None)


async def _answers(ours: Side, floor: Side, stripe: Stripe) -> None:
    await stripe.answer_in(STRIPE_S)
    for at_once, most, count in ((1, 1.15, 12), (64, 1.3, 192)):
        medians: dict[str, list[float]] = {"ours": [], "floor": []}
        late = 0
        for number in range(ROUNDS):
            for side in (ours, floor):
                timed = await measuring.sign_ups(
                    side, f"at{at_once}r{number}-", count, at_once=at_once
                )
                medians[side.name].append(timed.median_ms)
                late += timed.late
        figures = median(medians["ours"]), median(medians["floor"])
        _ratio(f"answer, {at_once} at once", *figures, "ms", most)
        if late:
            print(f"  {late} of {count * ROUNDS} were led to the status page, and count as answers")
    await stripe.answer_in(0)


async def _webhooks(ours: Side, floor: Side) -> None:
    rates: dict[str, list[float]] = {"ours": [], "floor": []}
    for number in range(ROUNDS):
        for side in (ours, floor):
            rates[side.name].append(await measuring.webhook_rate(side, number))
    here, there = median(rates["ours"]), median(rates["floor"])
    figures = f"{here:.0f} /s against {there:.0f} /s: {here / there:.2f}"
    _print("webhooks taken", figures, "≥ 0.4", here / there >= 0.4)


async def _pages(ours: Side) -> None:
    for what, method, path, most in PAGES:
        took = await measuring.p95_ms(ours, method, path)
        _print(what, f"{took:.1f} ms (p95)", f"≤ {most} ms", took <= most)
    for what, path in (("pricing, slow 4G", "/"), ("form, slow 4G", "/signup?plan=studio")):
        seen = await paint.painted_s(ours, path)
        _print(what, f"{seen:.2f} s (LCP)", "≤ 1.5 s", seen <= 1.5)


async def _strangers(ours: Side) -> None:
    """Ask for sign-in mails to known and to unknown addresses by turns."""
    answers = await strangers.sign_ins(ours, KNOWN, measuring.SIGN_UPS)
    known, unknown, apart = median(answers.known), median(answers.unknown), answers.difference_ms
    figures = f"{known:.2f} ms against {unknown:.2f} ms: {apart:+.2f} ms"
    _print("sign-in, known or not", figures, "< 5 ms", abs(apart) < 5)


async def _passwords(ours: Side) -> None:
    """Try passwords for known and for unknown addresses by turns; a hash takes 19 MB each time."""
    tried = await strangers.passwords(ours, KNOWN[0], PASSWORDS)
    known, unknown, apart = median(tried.known), median(tried.unknown), tried.difference_ms
    figures = f"{known:.0f} ms against {unknown:.0f} ms: {apart:+.2f} ms"
    _print("password, known or not", figures, "< 5 ms", abs(apart) < 5)


def _ratio(what: str, ours: float, floor: float, unit: str, most: float | None) -> None:
    ratio = ours / floor
    figures = f"{ours:.1f} {unit} against {floor:.1f} {unit}: {ratio:.2f}"
    if most is None:
        print(f"{what:<22} {figures:<38}", flush=True)
    else:
        _print(what, figures, f"≤ {most}", ratio <= most)


def _print(what: str, figures: str, mark: str, met: bool) -> None:
    print(f"{what:<22} {figures:<38} {mark:<10} {'met' if met else 'NOT MET'}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
