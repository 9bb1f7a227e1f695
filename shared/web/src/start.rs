//! What every function does at its cold start: settings, the AWS configuration, the log.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use model::Timestamp;
use model::organization::Organization;
use store::Store;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A setting of the function's that is absent or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {reason}")]
pub struct BadSetting {
    name: &'static str,
    reason: String,
}

impl BadSetting {
    /// The setting `name` cannot be read, because of `reason`.
    #[must_use]
    pub fn new(name: &'static str, reason: impl ToString) -> Self {
        Self { name, reason: reason.to_string() }
    }
}

/// A setting that the template always gives.
///
/// # Errors
/// [`BadSetting`] when it is not there.
pub fn setting(name: &'static str) -> Result<String, BadSetting> {
    optional_setting(name).ok_or_else(|| BadSetting::new(name, "is missing"))
}

/// A setting that may be absent; empty is absent.
#[must_use]
pub fn optional_setting(name: &'static str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A setting that is read by its type's own grammar.
///
/// # Errors
/// [`BadSetting`] when it is not there, or not of that grammar.
pub fn parsed_setting<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &'static str,
) -> Result<T, BadSetting> {
    setting(name)?.parse().map_err(|error| BadSetting::new(name, format!("cannot be read: {error}")))
}

/// A setting that is a list of words between commas.
#[must_use]
pub fn list_setting(name: &'static str) -> Vec<String> {
    let text = optional_setting(name).unwrap_or_default();
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The organisation of this deployment, from `ORGANIZATION_ID` and `ORGANIZATION_NAME`.
///
/// # Errors
/// [`BadSetting`] when one of them is missing.
pub fn organization() -> Result<Organization, BadSetting> {
    Ok(Organization { id: parsed_setting("ORGANIZATION_ID")?, name: setting("ORGANIZATION_NAME")? })
}

/// The tables of this deployment, from `TABLE_NAME`, `AUDIT_TABLE_NAME` and `AUDIT_RETENTION_DAYS`.
///
/// # Errors
/// [`BadSetting`] when one of them is missing.
pub fn store(config: &SdkConfig) -> Result<Store, BadSetting> {
    let retention = parsed_setting("AUDIT_RETENTION_DAYS")?;
    Ok(Store::new(config, setting("TABLE_NAME")?, setting("AUDIT_TABLE_NAME")?, retention))
}

/// How the SDK's clients reach AWS: the execution role's credentials, three attempts, and short enough that a request
/// is answered before the client gives up on it (8 s).
pub async fn aws_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(6));
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .load()
        .await
}

/// Logs one JSON object a line, at the level of `LOG_LEVEL` (`info` by default); and, at whatever level, the metrics, in the
/// namespace `METRICS_NAMESPACE`.
pub fn log() {
    metrics::begin(metrics::Place {
        namespace: optional_setting("METRICS_NAMESPACE").unwrap_or_else(|| "Drawbridge".to_owned()),
        function: optional_setting("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "unnamed".to_owned()),
        clock,
    });
    let level = optional_setting("LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .without_time()
        .with_target(false)
        .with_current_span(false);
    let lines = lines.with_filter(filter(&level));
    tracing_subscriber::registry().with(lines).with(metrics::layer(std::io::stdout)).init();
}

/// Our own crates: what they say at every level has no secrets in it.
const OURS: [&str; 32] = [
    "access",
    "authority",
    "authorizer",
    "bus",
    "call",
    "certificate_sync_worker",
    "certificate_syncs",
    "certificate_worker",
    "certificates",
    "connections",
    "destination",
    "identities",
    "job",
    "key_rotation_worker",
    "key_rotations",
    "model",
    "pace",
    "pam",
    "pam_worker",
    "projects",
    "queue",
    "recordings",
    "rotation",
    "seal",
    "secret_sync_worker",
    "secret_syncs",
    "secrets",
    "store",
    "tokens",
    "vault",
    "web",
    "x509",
];

/// Below `info` our own crates alone: the SDK and the HTTP clients print requests and answers there, credentials included.
/// A level that is none is `info`. (Not an `EnvFilter`, which links regular expressions into every function.)
fn filter(level: &str) -> Targets {
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let ours = OURS.into_iter().map(|name| (name, level));
    let others = Targets::new().with_default(level.min(LevelFilter::INFO));
    others.with_targets(ours).with_target(metrics::TARGET, LevelFilter::OFF)
}

/// The system's clock.
#[must_use]
pub fn clock() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    Timestamp::from(jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn below_info_other_peoples_crates_stay_silent() {
        for (level, loudest) in [
            ("info", Level::INFO),
            ("ERROR", Level::ERROR),
            ("debug", Level::INFO),
            ("trace", Level::INFO),
            ("aws_smithy_runtime=trace", Level::INFO),
        ] {
            let filter = filter(level);
            for other in ["aws_smithy_runtime::client", "hyper_util", "rustls", "reqwest"] {
                for heard in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                    assert_eq!(
                        filter.would_enable(other, &heard),
                        heard <= loudest,
                        "{level} {other} {heard}"
                    );
                }
            }
        }
    }

    #[test]
    fn metrics_are_no_lines_of_the_log_besides() {
        for level in ["info", "debug", "error"] {
            assert!(!filter(level).would_enable(metrics::TARGET, &Level::INFO), "{level}");
        }
    }

    #[test]
    fn below_info_our_own_crates_speak() {
        for name in OURS {
            assert!(filter("debug").would_enable(&format!("{name}::inner"), &Level::DEBUG), "{name}");
            assert!(!filter("info").would_enable(name, &Level::DEBUG), "{name}");
        }
    }
}
