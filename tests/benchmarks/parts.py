"""The parts of the one table: each reads what its measurement printed. Pure, so that a test can give them recorded text."""

import re
from dataclasses import dataclass

import prices

# Milliseconds that one call to AWS takes inside a Region, for costs on paper: what the other figures assume.
CALL_MS = 20.0


@dataclass
class Row:
    what: str
    ours: str
    node: str = ""
    python: str = ""
    ratio: str = ""
    held: bool | None = None


class Unreadable(Exception):
    """A measurement printed something else than its figures."""


def demand(found, what: str):
    if not found:
        raise Unreadable(f"no figures of {what}")
    return found


def cold_start(text: str) -> list[Row]:
    line = re.compile(r"^(\S+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)(?:\s+([\d.]+)\s+([\d.]+)\s+(\d+))?$", re.M)
    found = {match[1]: match for match in demand(list(line.finditer(text)), "the cold start")}
    node, python = demand(found.get("Node"), "Node"), demand(found.get("Python"), "Python")
    rows = []
    for name, match in found.items():
        if match[7] is None:
            continue
        first = float(match[3])
        rows.append(Row(
            f"cold start of {name}: init, first answer, memory, binary, zip",
            f"{match[2]} ms, {match[3]} ms, {match[6]} MiB, {match[7]} MB, {match[8]} MB",
            f"{node[3]} ms, {node[6]} MiB", f"{python[3]} ms, {python[6]} MiB",
            f"{float(node[3]) / first:.1f} ×, {float(python[3]) / first:.1f} ×",
            not re.search(rf"^MISSED: {re.escape(name)}:", text, re.M),
        ))
    return demand(rows, "a function's cold start")


def presign(text: str) -> list[Row]:
    rate = {
        name: float(demand(re.search(rf"^{re.escape(name)}\s+([\d,]+)", text, re.M), name)[1].replace(",", ""))
        for name in ("shared/presign", "aws-sdk-s3 .presigned()", "boto3 generate_presigned_url", "@aws-sdk/s3-request-presigner")
    }
    ours, sdk, boto3, node = rate.values()
    return [Row(
        "presigned URLs a second and core (Rust's SDK: " + f"{sdk:,.0f})", f"{ours:,.0f}", f"{node:,.0f}", f"{boto3:,.0f}",
        f"{ours / sdk:.1f} × the SDK", "MISSED" not in text,
    )]


def duration_ms(text: str) -> float:
    number, unit = demand(re.fullmatch(r"([\d.]+)(ns|µs|ms|s)", text), f"a duration: {text}").groups()
    return float(number) * {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def console(text: str) -> list[Row]:
    found = demand(re.search(r"cold (\S+) \(3 calls\), warm (\S+) \(2 calls\).*?peer (\S+) \(3 calls\)", text, re.S), "console access")
    cold, warm, peer = (duration_ms(part) for part in found.groups())
    passed = re.search(r"test result: ok\.", text) is not None
    return [
        Row(f"console access, {kind}, at 20 ms a call", f"{ours:.0f} ms", f"port of the peer: {peer:.0f} ms", "", f"{peer / ours:.2f} ×", passed)
        for kind, ours in (("cold", cold), ("warm", warm))
    ]


def syncs(text: str) -> list[Row]:
    line = re.compile(r"^(?P<run>(?:Secrets Manager|Parameter Store).*?)\s{2,}\d+\s+\d+\s+(?P<time>[\d.]+) s\s(?P<rest>.*)(?P<verdict>holds|MISSED)\s*$", re.M)
    rows = []
    for match in demand(list(line.finditer(text)), "the syncs"):
        peer = re.search(r"([\d.]+) s \(([\d.]+)×\)", match["rest"])
        rows.append(Row(
            f"1,000 secrets: {match['run'].strip()}", f"{match['time']} s", f"port of the peer: {peer[1]} s" if peer else "", "",
            f"{peer[2]} ×" if peer else "", match["verdict"] == "holds",
        ))
    return rows


def due(text: str) -> list[Row]:
    found = demand(re.findall(r"^(\d+) due of (\d+) stored: Reading \{ units: ([\d.]+), items: (\d+) \}", text, re.M), "the due query")
    first, last = found[0], found[-1]
    same = first[2:] == last[2:] and all(items == count for count, _, _, items in found)
    units = "not counted by this engine" if float(first[2]) == 0 else f"{first[2]} and {last[2]} read units"
    return [Row(
        f"finding {first[0]} due among {int(first[1]):,} and among {int(last[1]):,}",
        f"{first[3]} and {last[3]} items read, {units}", "", "", "1.0 ×" if same else "", same and "test result: ok." in text,
    )]


def warm_ms(text: str, name: str) -> float:
    """The median of a warm answer in the table of cold starts."""
    found = re.search(rf"^{re.escape(name)}\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)", text, re.M)
    return float(demand(found, f"warm answers of {name}")[1])


# What a request costs besides its own time: the function's memory in GB as in template.yaml, calls one after the other, units, KMS. All
# reads are strongly consistent, an item of a transaction takes two write units.
REQUESTS = (
    # name, function, memory, calls, read units, write units, KMS requests, KMS signatures, messages of SQS, through the authorizer
    # Memberships, connection.
    ("reading a connection", "connections", 0.25, 1, 2.0, 0.0, 0.0, 0, 0, True),
    # The client's identity, all of that identity, the signature, token with audit record, the secret's uses.
    ("logging in with universal auth", "identities", 0.25, 5, 2.0, 5.0, 0.0, 1, 0, False),
    # Memberships beside the project, the tree, some ten secrets.
    ("listing the secrets of a folder", "secrets", 0.5, 3, 4.0, 0.0, 0.01, 0, 0, True),
    # Memberships beside the project, the tree, the folder's state beside the secret, the transaction, the message's three ways.
    ("changing a secret that one sync carries", "secrets", 0.5, 5, 5.0, 22.0, 0.01, 0, 3, True),
)
# Token, identity, login method, client secret.
AUTHORIZER_GB, AUTHORIZER_READS = 0.5, 4.0


def costs(cold: str) -> list[Row]:
    rows = []
    for what, name, memory, calls, reads, writes, kms, signed, messages, checked in REQUESTS:
        def dollars(milliseconds: float, check: float) -> float:  # of a million
            seconds = (milliseconds + (calls - 1) * CALL_MS) / 1e3
            one = prices.HTTP_API_REQUEST + prices.LAMBDA_REQUEST + seconds * memory * prices.LAMBDA_GB_SECOND
            one += reads * prices.DYNAMODB_READ_UNIT + writes * prices.DYNAMODB_WRITE_UNIT
            one += kms * prices.KMS_REQUEST + signed * prices.KMS_SIGNATURE + messages * prices.SQS_REQUEST
            if checked:
                one += prices.LAMBDA_REQUEST + AUTHORIZER_READS * prices.DYNAMODB_READ_UNIT
                one += (check + CALL_MS) / 1e3 * AUTHORIZER_GB * prices.LAMBDA_GB_SECOND
            return one * 1e6

        ours = dollars(CALL_MS + warm_ms(cold, name), warm_ms(cold, "authorizer"))
        # The others' own time is that of their one handler; calls and units are the same.
        node, python = (dollars(CALL_MS + warm_ms(cold, peer), warm_ms(cold, peer)) for peer in ("Node", "Python"))
        rows.append(Row(
            f"a million times {what}, on paper", f"${ours:.2f}", f"${node:.2f}", f"${python:.2f}",
            f"{node / ours:.2f} ×, {python / ours:.2f} ×",
        ))
    return rows


def table(rows: list[Row]) -> str:
    def verdict(row: Row) -> str:
        return "" if row.held is None else "held" if row.held else "MISSED"

    heads = ("what", "ours", "Node or peer", "Python", "sooner, more or cheaper by", "budget")
    lines = [heads, *((row.what, row.ours, row.node, row.python, row.ratio, verdict(row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
