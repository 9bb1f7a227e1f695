//! Sessions that are recorded.

pub(crate) mod create;
pub(crate) mod list;

use model::recording::Recording;
use model::recording::view::SessionView;
use store::Stored;

fn view(stored: &Stored<Recording>) -> SessionView {
    SessionView::new(stored, stored.created_at, stored.updated_at)
}
