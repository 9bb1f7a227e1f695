//! What the vault refuses or fails at, in the wire's words.

use model::folder::FolderRefused;
use vault::Error;
use web::Problem;

const BUSY: &str = "The service is busy; please try again";

/// 404 for what is addressed and not there, 400 for what cannot be done, 503 for what passes, and 500 for the rest.
pub(crate) fn problem(error: Error) -> Problem {
    match error {
        Error::NoEnvironment => Problem::not_found("The environment was not found"),
        Error::NoFolder { .. } | Error::NoSecret { .. } | Error::NoVersion { .. } => {
            Problem::not_found(error.to_string())
        }
        Error::Folder(refused) => refused_folder(refused),
        Error::NoShared { .. }
        | Error::Exists { .. }
        | Error::Twice { .. }
        | Error::Cycle { .. }
        | Error::ImportCycle { .. }
        | Error::ImportAbsent { .. }
        | Error::TooLong { .. }
        | Error::TooManyWatchers
        | Error::TooMuchAtOnce => Problem::bad_request(error.to_string()),
        Error::Unreadable { .. } | Error::Seal { .. } if error.is_transient() => {
            Problem::unavailable(BUSY).because(error)
        }
        Error::Unreadable { .. } | Error::Seal { .. } => Problem::bug("open or seal a secret", error),
        Error::Read(error) => error.into(),
        Error::Commit(error) => error.into(),
        Error::Contended => Problem::unavailable(
            "The same secrets or folders are being changed by others right now; please try again",
        ),
        Error::Interrupted { ref source, .. } => {
            let text = format!("{error}; the next one: {source}");
            match interruption(source) {
                Interruption::Passes => Problem::unavailable(text).because(error),
                Interruption::Stays => Problem::bad_request(text),
                Interruption::Ours => Problem::bug("write the rest of a batch", error),
            }
        }
    }
}

/// What stopped a large batch that stands in part. The caller must know which part, whatever it was.
enum Interruption {
    /// The rest may be sent again.
    Passes,
    /// The rest cannot be done as it stands.
    Stays,
    /// The caller can do nothing.
    Ours,
}

fn interruption(source: &Error) -> Interruption {
    match source {
        _ if source.is_transient() => Interruption::Passes,
        Error::Unreadable { .. } | Error::Seal { .. } | Error::Read(_) | Error::Commit(_) => {
            Interruption::Ours
        }
        Error::NoEnvironment
        | Error::NoFolder { .. }
        | Error::NoSecret { .. }
        | Error::NoVersion { .. }
        | Error::NoShared { .. }
        | Error::Exists { .. }
        | Error::Twice { .. }
        | Error::Cycle { .. }
        | Error::ImportCycle { .. }
        | Error::ImportAbsent { .. }
        | Error::TooLong { .. }
        | Error::Folder(_)
        | Error::TooManyWatchers
        | Error::TooMuchAtOnce
        | Error::Contended
        | Error::Interrupted { .. } => Interruption::Stays,
    }
}

fn refused_folder(refused: FolderRefused) -> Problem {
    match refused {
        FolderRefused::Absent(_) | FolderRefused::AbsentImport(_) | FolderRefused::Gone => {
            Problem::not_found(refused.to_string())
        }
        FolderRefused::NameTaken { .. }
        | FolderRefused::Unnameable(_)
        | FolderRefused::TooDeep
        | FolderRefused::TooMany
        | FolderRefused::TooLarge
        | FolderRefused::Root
        | FolderRefused::ImportTaken { .. }
        | FolderRefused::ImportsItself
        | FolderRefused::TooManyImports => Problem::bad_request(refused.to_string()),
    }
}
