//! Sessions that are recorded.

pub(crate) mod create;
pub(crate) mod list;

use model::Timestamp;
use model::recording::Recording;
use model::recording::view::SessionView;
use store::{ReadError, Store, Stored};

/// The recording as it reads at `now`. One GetItem, and that only of a session of console access that nobody ended and whose
/// time may not be over: it may have been terminated, or never opened.
pub(crate) async fn seen(
    store: &Store,
    recording: &Recording,
    now: Timestamp,
) -> Result<Recording, ReadError> {
    let session =
        if recording.depends_on_session(now) { store.pam_session(recording.session_id).await? } else { None };
    Ok(recording.clone().seen_at(now, session.as_ref().map(|session| &session.value)))
}

fn view(stored: &Stored<Recording>, now: Timestamp) -> SessionView {
    SessionView::new(&stored.value.clone().seen_at(now, None), stored.created_at, stored.updated_at)
}
