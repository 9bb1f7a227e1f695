//! The table that the simulation prints.

use anyhow::Result;

use super::constants::Constants;
use super::lane::{Day, Lane};
use super::load::{self, DAY};
use super::{SIZES, quotas};

/// What is counted at each size.
struct Row {
    what: String,
    uses: [f64; 3],
    limit: f64,
    /// Whose limit it is, and what the operator does about it.
    mend: &'static str,
}

/// One kind of work at one size.
struct Days {
    runs: Day,
    drifts: Day,
    rotations: Day,
    orders: Day,
    imports: Day,
}

/// Simulates every size, and says what came of it, in Markdown.
///
/// # Errors
/// When a constant of the code cannot be read.
pub fn report() -> Result<String> {
    let constants = Constants::read()?;
    let days = SIZES.map(|projects| days(&constants, exact(projects)));
    let mut lines = vec![
        "| in the worst minute of a day | 10 projects | 1,000 | 100,000 | limit | holds to |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    let rows = rows(&constants, &days);
    lines.extend(rows.iter().map(Row::line));
    lines.push(String::new());
    lines.push("| longest wait of a day from due to taken | 10 projects | 1,000 | 100,000 |".to_owned());
    lines.push("|---|---|---|---|".to_owned());
    type Which = fn(&Days) -> Day;
    let waits: [(&str, Which); 5] = [
        ("a sync after a change of a secret", |days| days.runs),
        ("a drift check", |days| days.drifts),
        ("a step of a key's rotation, all due at 03:00", |days| days.rotations),
        ("an order of a certificate", |days| days.orders),
        ("a renewed certificate's import", |days| days.imports),
    ];
    for (what, which) in waits {
        let cells: Vec<String> = days.iter().map(|days| waited(which(days))).collect();
        lines.push(format!("| {what} | {} |", cells.join(" | ")));
    }
    lines.push(String::new());
    let mut first: Vec<&Row> = rows.iter().filter(|row| row.holds_to() < exact(SIZES[2])).collect();
    first.sort_by(|one, other| one.holds_to().total_cmp(&other.holds_to()));
    lines.push("What gives way first, and what the operator changes:".to_owned());
    lines.push(String::new());
    for (place, row) in first.iter().enumerate() {
        lines.push(format!(
            "{}. {}, above {} projects: {}.",
            place + 1,
            row.what,
            whole(row.holds_to()),
            row.mend
        ));
    }
    Ok(lines.join("\n") + "\n")
}

fn days(constants: &Constants, projects: f64) -> Days {
    let delay = constants.burst_seconds;
    let syncs = projects * load::SYNCS;
    // Entering the list is one write of the index; moving in it is two, one that takes away and one that puts.
    let run = Lane {
        worker: constants.secret_syncs,
        look: load::CALLS_OF_RUN * load::CALL,
        looks: 1,
        wakes: true,
        writes: [1.0, 2.0, 1.0],
        delay,
    };
    let drift = Lane {
        look: load::CALLS_OF_DRIFT * load::CALL,
        wakes: false,
        writes: [0.0, 2.0, 2.0],
        ..run.clone()
    };
    // Each worker has its share of what the IAM of one account takes, and waits for its turns.
    let turn = exact(constants.key_rotations.at_once) / constants.iam_reads;
    let rotation = Lane {
        worker: constants.key_rotations,
        look: load::IAM_READS_OF_LOOK * turn,
        looks: load::LOOKS_OF_ROTATION,
        wakes: false,
        // Two kibibytes with its sealed keys; it never leaves the list.
        writes: [0.0, 4.0, 4.0],
        delay,
    };
    let order = Lane {
        worker: constants.certificates,
        look: load::SECONDS_OF_ORDER,
        looks: 1,
        wakes: true,
        // Three kibibytes with its request.
        writes: [3.0, 6.0, 3.0],
        delay,
    };
    let import = Lane {
        worker: constants.certificate_syncs,
        look: load::CALLS_OF_IMPORT * load::CALL,
        looks: 1,
        wakes: true,
        writes: [1.0, 2.0, 1.0],
        delay,
    };
    let a_second = |a_day: f64| a_day / exact(DAY);
    let renewals = projects * load::CERTIFICATES / load::RENEWAL_DAYS;
    let drifts = syncs * 24.0 / exact(constants.drift_hours);
    Days {
        runs: run.day(|second| syncs * load::CHANGES * load::share_of_people(second)),
        drifts: drift.day(|_| a_second(drifts)),
        rotations: rotation
            .day(|second| if second == load::ROTATION_AT { projects / load::ROTATION_DAYS } else { 0.0 }),
        orders: order.day(|_| a_second(renewals)),
        imports: import.day(|_| a_second(renewals)),
    }
}

fn rows(constants: &Constants, days: &[Days; 3]) -> Vec<Row> {
    let of = |count: fn(f64) -> f64| SIZES.map(|projects| count(exact(projects)));
    let from = |count: fn(&Days) -> f64| [count(&days[0]), count(&days[1]), count(&days[2])];
    let row = |what: &str, uses, limit, mend| Row { what: what.to_owned(), uses, limit, mend };
    let shards = exact(constants.due_shards);
    let work = |projects: f64| projects * load::SYNCS * load::CHANGES * load::busiest_share();
    vec![
        row(
            "write units a second of the audit's `AUDIT#ORG#<day>`: two a login",
            of(|projects| 2.0 * load::busiest_logins(projects)),
            quotas::PARTITION_WRITES,
            "nothing helps but longer tokens, so that machines log in less often: the partition is the day's",
        ),
        row(
            "write units a second of `DUE#SECRET_SYNC`: four a run",
            // Of what comes in, not of what the workers get done: more workers are the first thing that is changed.
            SIZES.map(|projects| work(exact(projects)) * 4.0),
            quotas::PARTITION_WRITES * shards,
            "the list of due syncs wants more than one partition, which is a change of the code",
        ),
        row(
            "write units a second of `DUE#SECRET_SYNC_DRIFT`",
            from(|days| days.drifts.writes),
            quotas::PARTITION_WRITES * shards,
            "longer intervals of drift checks",
        ),
        row(
            "write units a second of `DUE#KEY_ROTATION`",
            from(|days| days.rotations.writes),
            quotas::PARTITION_WRITES * shards,
            "other times of the day for some rotations (`rotateAtUtc`)",
        ),
        row(
            "write units a second of `DUE#CERTIFICATE_REQUEST`",
            from(|days| days.orders.writes),
            quotas::PARTITION_WRITES * shards,
            "the list of due orders wants more than one partition, which is a change of the code",
        ),
        row(
            "messages a second of the busiest queue, as single calls",
            from(|days| days.runs.messages.max(days.rotations.messages).max(days.orders.messages)),
            quotas::FIFO_CALLS,
            "a Region with a higher quota of SQS, or a request for one",
        ),
        row(
            "workers of secret syncs at once",
            SIZES.map(|projects| {
                let drifts = exact(projects) * load::SYNCS / exact(DAY) * load::CALLS_OF_DRIFT * load::CALL;
                work(exact(projects)) * load::CALLS_OF_RUN * load::CALL + drifts
            }),
            exact(constants.secret_syncs.at_once),
            "a higher `MaximumConcurrency` of `SecretSyncWorkerFunction`",
        ),
        row(
            "workers of orders at once",
            of(|projects| {
                projects * load::CERTIFICATES / load::RENEWAL_DAYS / 86_400.0 * load::SECONDS_OF_ORDER
            }),
            exact(constants.certificates.at_once),
            "a higher `MaximumConcurrency` of `CertificateWorkerFunction`, and the same `CERTIFICATE_WORKERS`",
        ),
        row(
            "logins a second, all by one method",
            of(load::busiest_logins),
            exact(constants.login_rate),
            "a higher `ThrottlingRateLimit` of the login's route in `template.yaml`",
        ),
        row(
            "requests a second to the API",
            of(requests),
            exact(constants.api_rate),
            "a higher `ThrottlingRateLimit` of the API in `template.yaml`",
        ),
        row(
            "the same, to all APIs of the account",
            of(requests),
            quotas::API_REQUESTS,
            "a higher quota of API Gateway",
        ),
        row(
            "executions of all functions at once",
            of(|projects| requests(projects) * load::SECONDS_OF_REQUEST * 2.0),
            quotas::LAMBDA_CONCURRENCY,
            "a higher quota of concurrent executions",
        ),
        row(
            "signatures of KMS a second: one a login",
            of(load::busiest_logins),
            quotas::KMS_SIGNATURES,
            "a higher quota of KMS for keys on elliptic curves",
        ),
        row(
            "symmetric operations of KMS a second, were no data key kept in memory",
            of(requests),
            quotas::KMS_SYMMETRIC,
            "a higher quota of KMS",
        ),
        row(
            "AssumeRole a second, one a run",
            from(|days| days.runs.messages + days.drifts.messages + days.orders.messages),
            quotas::STS_CALLS,
            "a higher quota of STS",
        ),
    ]
}

/// Requests a second in the busiest minute: logins and what follows them, and chunks of recordings.
fn requests(projects: f64) -> f64 {
    let chunks = projects * load::RECORDED_HOURS * 3_600.0 / load::CHUNK_SECONDS * load::busiest_share();
    load::busiest_logins(projects) * (1.0 + load::REQUESTS) + chunks
}

impl Row {
    /// The size at which the limit is reached, were everything in proportion to the projects.
    fn holds_to(&self) -> f64 {
        let a_project = self.uses[2] / exact(SIZES[2]);
        if a_project > 0.0 { self.limit / a_project } else { f64::INFINITY }
    }

    fn line(&self) -> String {
        let [few, some, many] = self.uses.map(|used| figure(used, self.limit));
        let holds = self.holds_to();
        let holds = if holds > 10_000_000.0 { "over 10 million".to_owned() } else { whole(holds) };
        format!("| {} | {few} | {some} | {many} | {} | {holds} |", self.what, whole(self.limit))
    }
}

fn figure(used: f64, limit: f64) -> String {
    let text = if used >= 100.0 {
        whole(used)
    } else if used >= 0.1 {
        format!("{used:.1}")
    } else {
        "below 0.1".to_owned()
    };
    if used > limit { format!("**{text}**") } else { text }
}

fn waited(day: Day) -> String {
    if day.done == 0 && day.left == 0 {
        "none due".to_owned()
    } else if day.left > 0 && day.wait > 3_600 {
        format!("**{}**, {} left", span(day.wait), whole(exact(day.left)))
    } else {
        span(day.wait)
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{:.1} h", exact(seconds) / 3_600.0),
    }
}

/// A whole number with commas.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count as a number; those here are far below what a `f64` counts exactly.
fn exact(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
