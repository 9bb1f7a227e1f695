//! What a handler's types tell: which path, query and body it takes, and what it answers.
//!
//! Every handler of a route table has a [`Signature`]; in debug builds it describes itself, for the document of the API.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::Response;
use http::HeaderMap;
use model::form::ReadWith;
#[cfg(debug_assertions)]
use model::form::schema::{Source, explore};
use serde::de::DeserializeOwned;

#[cfg(debug_assertions)]
use crate::openapi::{Content, Operation};
use crate::{Caller, JsonBody, Now, Path, Problem, Query};

/// Something that a handler takes.
pub trait Argument {
    /// Adds what the caller must send for it.
    #[cfg(debug_assertions)]
    fn describe(_: &mut Operation) {}
}

/// Something that a handler answers when all is well.
pub trait Answer {
    /// Adds what the caller gets.
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation);
}

/// A handler: its arguments and its answer. `T` is the list of its arguments, as the router tells handlers apart.
pub trait Signature<T> {
    /// Adds all that the types tell.
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation);
}

macro_rules! signature {
    ($($argument:ident),*) => {
        impl<F, A, M, R, $($argument),*> Signature<(M, $($argument,)*)> for F
        where
            F: FnOnce($($argument),*) -> R,
            R: Future<Output = A>,
            A: Answer,
            $($argument: Argument,)*
        {
            #[cfg(debug_assertions)]
            fn describe(operation: &mut Operation) {
                $($argument::describe(operation);)*
                A::describe(operation);
            }
        }
    };
}

signature!();
signature!(T1);
signature!(T1, T2);
signature!(T1, T2, T3);
signature!(T1, T2, T3, T4);
signature!(T1, T2, T3, T4, T5);
signature!(T1, T2, T3, T4, T5, T6);

impl<S> Argument for State<S> {}
impl<T> Argument for Extension<T> {}
impl Argument for Caller {}
impl Argument for Now {}

impl Argument for HeaderMap {
    /// A handler looks at the headers for what its caller has kept.
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.knows_what_is_kept();
    }
}

impl<T: DeserializeOwned + Send + 'static> Argument for Path<T> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.takes_path::<T>();
    }
}

impl<T: ReadWith> Argument for JsonBody<T> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.takes_body(&explore::<T>(Source::Body));
    }
}

impl<T: ReadWith> Argument for Query<T> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.takes_query(&explore::<T>(Source::Query));
    }
}

/// An object, or a list by itself.
impl<T> Answer for Json<T> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        let is_list =
            std::any::type_name::<T>().starts_with(std::any::type_name::<Vec<()>>().trim_end_matches("()>"));
        operation.answers(if is_list { Content::List } else { Content::Object });
    }
}

/// A handler that refuses everybody.
impl Answer for std::convert::Infallible {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.answers(Content::Never);
    }
}

impl Answer for String {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.answers(Content::Text);
    }
}

/// An answer with headers of its own.
impl<H, A: Answer> Answer for (H, A) {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        A::describe(operation);
    }
}

impl<A: Answer> Answer for Result<A, Problem> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        A::describe(operation);
    }
}

/// Bytes, whose kind a header says.
impl Answer for Vec<u8> {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.answers(Content::Any);
    }
}

impl Answer for Response {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut Operation) {
        operation.answers(Content::Any);
    }
}
