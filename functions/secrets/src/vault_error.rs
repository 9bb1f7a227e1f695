//! What the vault refuses or fails at, in the wire's words.

use model::folder::FolderRefused;
use vault::Error;
use web::Problem;

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
        | Error::Rotated { .. }
        | Error::Twice { .. }
        | Error::Cycle { .. }
        | Error::ImportCycle { .. }
        | Error::ImportAbsent { .. }
        | Error::TooLong { .. }
        | Error::TooManyPersonal { .. }
        | Error::TooManyWatchers
        | Error::TooMuchAtOnce => Problem::bad_request(error.to_string()),
        Error::Unreadable { .. } | Error::Seal { .. } if error.is_transient() => {
            Problem::busy().because(error)
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
        | Error::Rotated { .. }
        | Error::Twice { .. }
        | Error::Cycle { .. }
        | Error::ImportCycle { .. }
        | Error::ImportAbsent { .. }
        | Error::TooLong { .. }
        | Error::Folder(_)
        | Error::TooManyPersonal { .. }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::secret::{SecretName, SecretPath};
    use store::{CommitError, Conflict, ReadError};

    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    fn fetch(retryable: bool) -> Error {
        Error::Read(ReadError::Fetch { what: "secret", source: "cause".into(), retryable })
    }

    fn interrupted(source: Error) -> Error {
        Error::Interrupted { written: vec![name("A"), name("B")], source: Box::new(source) }
    }

    #[test]
    fn each_failure_has_the_status_of_who_must_act() {
        let path = SecretPath::root();
        let cycle = || Error::Cycle { names: vec!["dev:/A".to_owned(), "dev:/B".to_owned()] };
        for (error, status) in [
            (Error::NoEnvironment, 404),
            (Error::NoFolder { environment: "dev".to_owned(), path: "/a".to_owned() }, 404),
            (Error::NoSecret { name: name("A"), path }, 404),
            (Error::NoVersion { name: name("A"), version: 3 }, 404),
            (Error::NoShared { name: name("A") }, 400),
            (Error::Exists { name: name("A") }, 400),
            (Error::Twice { name: name("A") }, 400),
            (cycle(), 400),
            (Error::TooMuchAtOnce, 400),
            (Error::TooManyPersonal { name: name("A"), count: 19 }, 400),
            (Error::Folder(FolderRefused::Gone), 404),
            (Error::Folder(FolderRefused::Root), 400),
            (Error::Contended, 503),
            (fetch(true), 503),
            (fetch(false), 500),
            (Error::Commit(CommitError::Conflict(Conflict::Contended)), 503),
            (interrupted(Error::Contended), 503),
            (interrupted(fetch(true)), 503),
            (interrupted(fetch(false)), 500),
            (interrupted(cycle()), 400),
        ] {
            let text = error.to_string();
            assert_eq!(problem(error).status().as_u16(), status, "{text}");
        }
    }

    #[test]
    fn whoever_sent_a_batch_that_stands_in_part_is_told_which_part() {
        for source in [Error::Contended, Error::Exists { name: name("C") }] {
            let reason = source.to_string();
            let text = problem(interrupted(source)).text();
            assert!(text.contains("first 2") && text.contains("'B'") && text.contains(&reason), "{text}");
        }
    }

    #[test]
    fn a_cycle_is_named() {
        let names = ["dev:/A", "dev:/B", "dev:/A"].map(str::to_owned).to_vec();
        assert!(problem(Error::Cycle { names }).text().contains("dev:/A -> dev:/B -> dev:/A"));
    }
}
