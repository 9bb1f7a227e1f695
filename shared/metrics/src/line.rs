//! One line in the embedded metric format.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use model::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Dimension, Metric, TARGET};

/// Where the lines come from: said once, at the cold start.
#[derive(Debug, Clone)]
pub struct Place {
    /// The namespace of this deployment's metrics.
    pub namespace: String,
    /// The name of this function.
    pub function: String,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
}

impl Default for Place {
    /// Of a process that said nothing: a test.
    fn default() -> Self {
        let clock = || Timestamp::from_unix_milliseconds(0);
        Self { namespace: "Drawbridge".to_owned(), function: "unnamed".to_owned(), clock }
    }
}

static PLACE: OnceLock<Place> = OnceLock::new();

/// Whether nothing was written yet by this process.
static COLD: AtomicBool = AtomicBool::new(true);

/// Says where the lines of this process come from. Only the first word counts.
pub fn begin(place: Place) {
    PLACE.get_or_init(|| place);
}

/// Writes one line. The first one of a process about a request, a tick or a message tells of the cold start as well.
pub(crate) fn write(
    dimension: Dimension,
    values: &[(Metric, u64)],
    properties: &[(&'static str, &'static str)],
) {
    let place = PLACE.get().cloned().unwrap_or_default();
    let mut values = values.to_vec();
    if dimension == Dimension::Function && COLD.swap(false, Ordering::Relaxed) {
        values.push((Metric::ColdStarts, 1));
    }
    let line = line(&place, dimension, &values, properties);
    tracing::info!(target: TARGET, "{line}");
}

/// The line as CloudWatch reads it.
pub(crate) fn line(
    place: &Place,
    dimension: Dimension,
    values: &[(Metric, u64)],
    properties: &[(&'static str, &'static str)],
) -> Value {
    let (name, value) = match dimension {
        Dimension::Function => (Dimension::FUNCTION, place.function.as_str()),
        Dimension::Capability(capability) => (Dimension::CAPABILITY, capability.name()),
    };
    let metrics = values.iter().map(|(metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit() }));
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": (place.clock)().unix_milliseconds(),
            "CloudWatchMetrics": [{
                "Namespace": place.namespace,
                "Dimensions": [[name]],
                "Metrics": metrics.collect::<Vec<_>>(),
            }],
        }),
    );
    line.insert(name.to_owned(), json!(value));
    line.extend(values.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value))));
    line.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    Value::Object(line)
}
