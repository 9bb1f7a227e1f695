//! This function's refusals, in the wire's words.

use model::environment::EnvironmentRefused;
use model::id::EnvironmentId;
use web::Problem;

/// Another project has the slug.
pub(crate) fn slug_taken(slug: &str) -> Problem {
    Problem::bad_request(format!("A project with the slug '{slug}' already exists"))
}

/// No such environment, or another project's.
pub(crate) fn absent_environment(id: EnvironmentId) -> Problem {
    Problem::not_found(EnvironmentRefused::Absent(id).to_string())
}

/// Rotations write secrets in the environment.
pub(crate) fn is_rotated_into(rotations: &[String]) -> Problem {
    Problem::bad_request(format!(
        "The environment has secrets of key rotations: {}. Delete these first",
        rotations.join(", ")
    ))
}

/// The clients tell a refused create and a refused update by the error's name.
pub(crate) fn environment(refused: EnvironmentRefused, name: &'static str) -> Problem {
    match refused {
        EnvironmentRefused::Absent(id) => absent_environment(id),
        EnvironmentRefused::SlugTaken(_) | EnvironmentRefused::TooMany => {
            Problem::bad_request(refused.to_string()).named(name)
        }
    }
}

/// The machine or person is not a member.
pub(crate) fn absent_member(who: impl std::fmt::Display) -> Problem {
    Problem::not_found(format!("'{who}' is not a member of the project"))
}

/// Too many requests change the same thing.
pub(crate) fn crowded() -> Problem {
    Problem::unavailable("Too many requests are changing the project at once; please try again")
}
