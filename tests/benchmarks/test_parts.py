"""The table is read from what the measurements print: `python3 -m unittest discover tests/benchmarks`."""

import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import parts  # noqa: E402


def recorded(name: str) -> str:
    return (HERE / "recorded" / f"{name}.txt").read_text()


class Parts(unittest.TestCase):
    def test_every_function_has_its_row_and_a_missed_budget_is_its_own(self):
        rows = {row.what.split(":")[0].removeprefix("cold start of "): row for row in parts.cold_start(recorded("cold_start"))}
        self.assertEqual(list(rows), ["authorizer", "identities", "connections", "pam", "secrets"])
        self.assertEqual([name for name, row in rows.items() if not row.held], ["pam"])
        self.assertEqual(rows["authorizer"].ratio, "18.6 ×, 25.2 ×")

    def test_presigning_stands_next_to_its_peers(self):
        [row] = parts.presign(recorded("presign"))
        self.assertEqual((row.ours, row.node, row.python, row.held), ("660,000", "3,300", "4,300", True))
        [row] = parts.presign(recorded("presign") + ": MISSED")
        self.assertFalse(row.held)

    def test_console_access_and_syncs_stand_next_to_the_port_of_the_peer(self):
        cold, warm = parts.console(recorded("console"))
        self.assertEqual((cold.ours, warm.ours, warm.ratio, warm.held), ("106 ms", "82 ms", "0.94 ×", True))
        first, unchanged, paced = parts.syncs(recorded("syncs"))
        self.assertEqual((first.ours, first.node, first.ratio), ("2.12 s", "port of the peer: 20.02 s", "9.4 ×"))
        self.assertEqual((unchanged.ratio, paced.node, paced.held), ("11.2 ×", "", True))

    def test_the_due_query_must_cost_the_same_among_many(self):
        [row] = parts.due(recorded("due"))
        self.assertTrue(row.held)
        [row] = parts.due(recorded("due").replace("1000000 stored: Reading { units: 6.5", "1000000 stored: Reading { units: 9.5"))
        self.assertFalse(row.held)

    def test_costs_follow_from_milliseconds_and_prices(self):
        reading = parts.costs(recorded("cold_start"))[0]
        # API 1.00; two invocations 0.40; 20.9 ms of a quarter gigabyte 0.070, 20.8 ms of a half 0.139; six read units 0.75.
        self.assertEqual(reading.ours, "$2.36")

    def test_what_printed_no_figures_is_no_figure(self):
        for part in (parts.cold_start, parts.presign, parts.console, parts.syncs, parts.due):
            with self.assertRaises(parts.Unreadable):
                part("error: could not compile")

    def test_the_command_prints_one_table_and_ends_with_one_where_a_budget_is_missed(self):
        done = subprocess.run([HERE / "run", "--recorded", HERE / "recorded"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout.count("MISSED")), (1, 2), done.stdout + done.stderr)
        kept = subprocess.run(
            [HERE / "run", "--recorded", HERE / "recorded", "--skip", "cold_start"], capture_output=True, text=True,
        )
        self.assertEqual(kept.returncode, 0, kept.stdout + kept.stderr)


if __name__ == "__main__":
    unittest.main()
