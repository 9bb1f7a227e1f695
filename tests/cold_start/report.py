"""The table of a measurement, and whether the budgets are kept."""

import os
import platform
from statistics import median

# Milliseconds, MiB, MB, and how many times sooner than the same handler elsewhere.
LONGEST_INIT = 5.0
LONGEST_FIRST = 10.0
MOST_MEMORY = 16.0
SMALL = {"sdks": 4, "binary": 9.0, "zip": 4.0}
LARGE = {"binary": 12.0, "zip": 5.0}
SOONER_THAN = {"Node": 15.0, "Python": 20.0}


def report(subjects: list, rounds: int) -> int:
    """Prints both; the status of the process."""
    load = os.getloadavg()[0]
    print(f"medians of {rounds} interleaved rounds on {os.cpu_count()} × {platform.machine()}, load {load:.1f}\n")
    print(f"{'':13}{'init ms':>9}{'first ms':>10}{'(min)':>8}{'warm ms':>9}{'RSS MiB':>9}{'binary MB':>11}{'zip MB':>8}{'SDKs':>6}")
    first = {}
    for subject in subjects:
        lives = subject.lives
        first[subject.name] = median(life.first for life in lives)
        sizes = f"{subject.size_mb:11.2f}{subject.zip_mb:8.2f}{subject.sdks:6}" if subject.binary else ""
        print(
            f"{subject.name:13}{median(life.init for life in lives):9.1f}{first[subject.name]:10.1f}"
            f"{min(life.first for life in lives):8.1f}{median(life.warm for life in lives):9.2f}"
            f"{median(life.rss_mib for life in lives):9.1f}{sizes}"
        )
    print()
    missed = [line for subject in subjects if subject.binary for line in verdicts(subject, first)]
    print("\n".join(missed) if missed else "every budget is kept")
    return 1 if missed else 0


def verdicts(subject, first: dict) -> list[str]:
    """Prints how much sooner it answers; the budgets that are missed."""
    lives = subject.lives
    size = SMALL if subject.sdks <= SMALL["sdks"] else LARGE
    most = [
        ("init", median(life.init for life in lives), LONGEST_INIT, "ms"),
        ("first answer", first[subject.name], LONGEST_FIRST, "ms"),
        ("memory", median(life.rss_mib for life in lives), MOST_MEMORY, "MiB"),
        ("binary", subject.size_mb, size["binary"], "MB"),
        ("zip", subject.zip_mb, size["zip"], "MB"),
    ]
    missed = [
        f"MISSED: {subject.name}: {what} is {value:.1f} {unit}, at most {limit:.1f} allowed"
        for what, value, limit, unit in most
        if value > limit
    ]
    sooner = {name: first[name] / first[subject.name] for name in SOONER_THAN}
    print(f"{subject.name:13}first answer " + ", ".join(f"{times:.1f} × sooner than {name}" for name, times in sooner.items()))
    missed += [
        f"MISSED: {subject.name}: {sooner[name]:.1f} × sooner than {name}, at least {least:.0f} × wanted"
        for name, least in SOONER_THAN.items()
        if sooner[name] < least
    ]
    return missed
