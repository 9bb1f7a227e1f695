//! Where a project's recordings are kept.

pub(crate) mod backends;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod save;
pub(crate) mod test;

use model::recording::RecordingConfig;
use model::recording::view::ConfigView;
use store::Stored;

/// How often a change is tried against others of the same configuration.
const ATTEMPTS: u32 = 3;

fn view(stored: &Stored<RecordingConfig>) -> ConfigView {
    ConfigView::new(stored, stored.created_at, stored.updated_at)
}
